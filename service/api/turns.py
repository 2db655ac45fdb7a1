"""How much may be asked: a question is refused before its body is read, or counted and given its turn."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.entrance import Entrance
from service.access.fair import NoPlaceError
from service.access.limits import OverLimitError, Standing
from service.access.principal import Principal, acting
from service.access.rights import is_question
from service.api.problems import ProblemError, told
from service.api.runtime import overload
from service.serve.admission import Admission, OverloadedError


class Crowd:
    """Refuse at once who would get no place in time: with more than can be done, a refusal costs next to nothing."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app, self._admission = app, admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = _asks(scope)
        if principal and self._admission.crowded(principal.id):
            await told(overload(self._admission.wait()), scope)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Turns:
    """Give a question whose body is there its turn, and hold it for as long as the answer lasts."""

    def __init__(self, app: ASGIApp, entrance: Entrance, admission: Admission) -> None:
        self._app, self._entrance, self._admission = app, entrance, admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = _asks(scope)
        if principal is None:
            await self._app(scope, receive, send)
            return
        async with AsyncExitStack() as stack:
            try:
                headers = await stack.enter_async_context(self._turn(principal))
            except ProblemError as error:
                await told(error, scope)(scope, receive, send)
                return
            await self._app(scope, receive, _with(headers, send) if headers else send)

    @asynccontextmanager
    async def _turn(self, principal: Principal) -> AsyncIterator[Mapping[str, str]]:
        """Count a question; yields the headers that say how its limit stands. Raises ProblemError (429)."""
        async with AsyncExitStack() as stack:
            try:
                stack.enter_context(self._admission.look(principal.id))
                standing = await stack.enter_async_context(self._entrance.turn(principal))
            except OverloadedError as error:
                raise overload(error.seconds) from error
            except OverLimitError as error:
                why = f"{str(error)[0].upper()}{str(error)[1:]}; wait a little."
                raise ProblemError(429, why, _refused(error.standing)) from error
            except NoPlaceError as error:
                why = "Too many requests at once; try again shortly."
                raise ProblemError(429, why, {"Retry-After": str(error.seconds)}) from error
            yield standing.headers if standing else {}


def _asks(scope: Scope) -> Principal | None:
    """Return who asks a question, None where it is none."""
    return acting() if scope["type"] == "http" and is_question(scope["method"], scope["path"]) else None


def _refused(standing: Standing | None) -> Mapping[str, str]:
    if standing is None:
        return {"Retry-After": "1"}
    return standing.headers | {"Retry-After": str(standing.wait)}


def _with(headers: Mapping[str, str], send: Send) -> Send:
    """Send with more headers."""

    async def more(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(raw=message["headers"]).update(headers)
        await send(message)

    return more
