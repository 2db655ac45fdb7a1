"""Who may come in: every request is someone's, may do what they may, and no more of it than is allowed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.credentials import NotAdmittedError
from service.access.entrance import Entrance
from service.access.fair import NoPlaceError
from service.access.limits import OverLimitError, Standing
from service.access.principal import SERVICE, Principal, act_as
from service.access.readable import Readable
from service.access.rights import is_open, is_question, needed
from service.api.problems import ProblemError, problem

Prepare = Callable[[Readable | None], Awaitable[None]]


class Gate:
    """Stands before every route and mount: a new door is behind it without being told so."""

    def __init__(self, app: ASGIApp, entrance: Entrance, prepare: Prepare) -> None:
        """`prepare` makes what somebody may read ready, so that no request waits for it on the event loop."""
        self._app, self._entrance, self._prepare = app, entrance, prepare

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        async with AsyncExitStack() as stack:
            try:
                principal = await self._admitted(request)
                headers = await stack.enter_async_context(self._place(request, principal))
                if principal is not SERVICE:
                    await self._prepare(principal.readable)
            except ProblemError as error:
                request_id = str(scope.get("request_id", ""))
                await problem(error.status, error.detail, request_id=request_id, headers=error.headers)(
                    scope, receive, send
                )
                return
            stack.enter_context(act_as(principal))
            await self._app(scope, receive, _with(headers, send) if headers else send)

    async def _admitted(self, request: Request) -> Principal:
        """Return who asks, where they may do what they ask; raises ProblemError (401, 403, 503)."""
        path = request.url.path
        if is_open(path):
            return SERVICE
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        address = request.client.host if request.client else ""
        try:
            principal = await self._entrance.credentials.principal(
                bearer.strip() if scheme.lower() == "bearer" else "", address, request.scope.get("page")
            )
        except NotAdmittedError as error:
            headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {"Retry-After": "30"}
            raise ProblemError(error.status, str(error), headers) from error
        if lacking := needed(path) - principal.rights:
            told = f"This key may not do that: it lacks {', '.join(sorted(lacking))}."
            raise ProblemError(403, told, {"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
        return principal

    @asynccontextmanager
    async def _place(self, request: Request, principal: Principal) -> AsyncIterator[Mapping[str, str]]:
        """Count a question and give it a place for as long as its answer lasts; raises ProblemError (429)."""
        if not is_question(request.method, request.url.path):
            yield {}
            return
        async with AsyncExitStack() as stack:
            try:
                standing = await stack.enter_async_context(self._entrance.turn(principal))
            except OverLimitError as error:
                told = f"{str(error)[0].upper()}{str(error)[1:]}; wait a little."
                raise ProblemError(429, told, _refused(error.standing)) from error
            except NoPlaceError as error:
                told = "Too many requests at once; try again shortly."
                raise ProblemError(429, told, {"Retry-After": str(error.seconds)}) from error
            yield standing.headers if standing else {}


def _refused(standing: Standing | None) -> Mapping[str, str]:
    if standing is None:
        return {"Retry-After": "1"}
    return standing.headers | {"Retry-After": str(standing.wait)}


def _with(headers: Mapping[str, str], send: Send) -> Send:
    """Send with more headers."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(raw=message["headers"]).update(headers)
        await send(message)

    return told
