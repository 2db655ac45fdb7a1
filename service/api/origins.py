"""Which web pages may call the API: the service's own, and those of allowed sites with a token.

A browser names the page's origin in each cross-origin request, and page scripts cannot change it. Programs that are
no browser send none and pass; what they may do is asked at the gate (gate.py).
"""

import math
from collections.abc import Collection

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.access.keys import MARK
from service.api.problems import problem
from service.serve.tokens import TokenError, Tokens
from service.serve.window import MovingWindow

TOKEN_PATH = "/v1/token"
# The problem of one visitor, where 429 otherwise says that the service is full (RFC 9457, section 3.1.1).
HASTY = "urn:outline-qa:problem:too-many-questions"
QUESTIONS = ("/v1/ask", "/v1/search", "/v1/chat/completions", "/v1/responses")


class Origins:
    """Refuse foreign pages without a token (401) or a place in the list (403), and visitors who ask too much (429)."""

    def __init__(self, app: ASGIApp, tokens: Tokens, origins: Collection[str], per_minute: int) -> None:
        self._app, self._tokens, self._origins = app, tokens, frozenset(origins)
        self._window = MovingWindow(per_minute, 60)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = self._refusal(Request(scope)) if scope["type"] == "http" else None
        await (reply or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        origin = request.headers.get("origin")
        if origin is None or not request.url.path.startswith("/v1/") or is_own(request, origin):
            return None
        request_id = str(request.scope.get("request_id", ""))
        if origin not in self._origins:
            told = f"Pages of {origin!r} may not use this service; OUTLINE_QA_WIDGET__ORIGINS lists those that may."
            # Any page may read the refusal, so that its maker sees what is missing.
            return problem(403, told, request_id=request_id, headers={"Access-Control-Allow-Origin": "*"})
        if request.url.path == TOKEN_PATH:
            return None
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if token.startswith(MARK):  # a key of somebody's own: the gate asks what it opens
            return None
        try:
            self._tokens.check(token if scheme.lower() == "bearer" else "", origin)
        except TokenError as error:
            told = f"A token of POST {TOKEN_PATH} is needed: {error}."
            return problem(401, told, request_id=request_id, headers={"WWW-Authenticate": "Bearer"})
        request.scope["page"] = origin
        visitor = request.client.host if request.client else ""
        if request.url.path in QUESTIONS and (seconds := self._window.wait((origin, visitor))):
            told = f"More than {self._window.amount} questions in a minute; wait a little."
            wait = str(math.ceil(seconds))
            return problem(429, told, request_id=request_id, headers={"Retry-After": wait}, kind=HASTY)
        return None


def is_own(request: Request, origin: str) -> bool:
    """Whether a page of this origin came from this service. A proxy may have ended TLS, so only hosts are compared."""
    return origin.partition("://")[2] == request.headers.get("host", "")
