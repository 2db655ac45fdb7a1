"""Who may come in: every request is someone's, and may do what they may."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.access.credentials import NotAdmittedError
from service.access.entrance import Entrance
from service.access.principal import SERVICE, Principal, act_as
from service.access.readable import Readable
from service.access.rights import is_open, needed
from service.api.problems import ProblemError, told

Prepare = Callable[[Readable | None], Awaitable[None]]


class Gate:
    """Stands before every route and mount: a new door is behind it without being told so.

    It asks before a body is read, so nobody sends one in vain.
    """

    def __init__(self, app: ASGIApp, entrance: Entrance, prepare: Prepare) -> None:
        """`prepare` makes what somebody may read ready, so that no request waits for it on the event loop."""
        self._app, self._entrance, self._prepare = app, entrance, prepare

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            principal = await self._admitted(request)
            if principal is not SERVICE:
                await self._prepare(principal.readable)
        except ProblemError as error:
            await told(error, scope)(scope, receive, send)
            return
        with act_as(principal):
            await self._app(scope, receive, send)

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
