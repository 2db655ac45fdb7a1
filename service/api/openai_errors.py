"""Errors on OpenAI's routes: the problem document with the `error` that their clients read."""

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = ("/v1/chat/", "/v1/models")
# Status -> what OpenAI calls it: type and code.
NAMES = {
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", "permission_denied"),
    404: ("invalid_request_error", "model_not_found"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}


def error_of(problem: dict[str, Any]) -> dict[str, str | None]:
    """Return OpenAI's form of a problem document."""
    status = problem["status"]
    other = ("server_error", "server_error") if status >= 500 else ("invalid_request_error", "invalid_value")
    kind, code = NAMES.get(status, other)
    fields = problem.get("errors") or [{}]
    return {"message": problem["detail"], "type": kind, "param": fields[0].get("field"), "code": code}


class OpenAIErrors:
    """Add `error` to the problem documents of these routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATHS):
            await self._app(scope, receive, send)
            return
        started: Message | None = None
        body = b""

        async def told(message: Message) -> None:
            nonlocal started, body
            if message["type"] == "http.response.start":
                if dict(message["headers"]).get(b"content-type") == b"application/problem+json":
                    started = message
                    return
            elif started is not None:
                body += message.get("body", b"")
                if message.get("more_body", False):
                    return
                document = json.loads(body)
                whole = json.dumps(document | {"error": error_of(document)}, ensure_ascii=False).encode()
                length = (b"content-length", str(len(whole)).encode())
                headers = [*(h for h in started["headers"] if h[0] != b"content-length"), length]
                await send({**started, "headers": headers})
                await send({"type": "http.response.body", "body": whole})
                return
            await send(message)

        await self._app(scope, receive, told)
