"""Errors on OpenAI's routes: the problem document with the `error` that their clients read."""

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Theirs that the service has, and theirs that their clients may try.
PATHS = (
    "/v1/chat/",
    "/v1/models",
    "/v1/responses",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/moderations",
    "/v1/images/",
    "/v1/audio/",
    "/v1/files",
    "/v1/batches",
)
# Status -> what OpenAI calls it: type and code.
NAMES = {
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", "permission_denied"),
    404: ("invalid_request_error", "unknown_url"),
    405: ("invalid_request_error", "method_not_supported"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}
NO_MODEL = "There is no model"


def error_of(problem: dict[str, Any]) -> dict[str, str | None]:
    """Return OpenAI's form of a problem document."""
    status, detail = problem["status"], problem["detail"]
    other = ("server_error", "server_error") if status >= 500 else ("invalid_request_error", "invalid_value")
    kind, code = NAMES.get(status, other)
    (first, *_) = problem.get("errors") or [{}]
    if detail.startswith(NO_MODEL):
        return {"message": detail, "type": kind, "param": "model", "code": "model_not_found"}
    return {"message": detail, "type": kind, "param": first.get("field"), "code": code}


class OpenAIErrors:
    """Add `error` to the problem documents of these routes; what is malformed is 400 there, as their clients expect."""

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
                if not message.get("more_body", False):
                    await _send(send, started, json.loads(body))
                return
            await send(message)

        await self._app(scope, receive, told)


async def _send(send: Send, started: Message, document: dict[str, Any]) -> None:
    if document["status"] == 422:
        document |= {"status": 400, "title": "Bad Request"}
    whole = json.dumps(document | {"error": error_of(document)}, ensure_ascii=False).encode()
    length = (b"content-length", str(len(whole)).encode())
    headers = [*(h for h in started["headers"] if h[0] != b"content-length"), length]
    await send({**started, "status": document["status"], "headers": headers})
    await send({"type": "http.response.body", "body": whole})
