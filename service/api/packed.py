"""JSON that is read again and again: packed by gzip, and not sent where the reader has it (RFC 9110, 13.1.2)."""

import asyncio
import gzip
import hashlib
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST = 500  # bytes; below, packing saves nothing
PATHS = ("/v1/outline", "/v1/widget", "/v1/entries/", "/v1/documents/", "/v1/answers/")


class Packed:
    """Give replies to GET of `PATHS` an ETag, answer 304 where it is known, and pack them for those who accept gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(PATHS):
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                # On a thread: a large document takes a while to pack.
                for part in await asyncio.to_thread(_packed, start, bytes(body), Headers(scope=scope)):
                    await send(part)

        await self._app(scope, receive, collect)


def _packed(start: Message, body: bytes, asked: Headers) -> Sequence[Message]:
    if start["status"] != 200:
        return start, {"type": "http.response.body", "body": body}
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["ETag"] = tag
    headers["Cache-Control"] = "private, no-cache"
    headers.add_vary_header("Accept-Encoding")
    headers.add_vary_header("Origin")
    if tag in (each.strip() for each in asked.get("if-none-match", "").split(",")):
        del headers["content-length"]
        return {**start, "status": 304, "headers": headers.raw}, {"type": "http.response.body", "body": b""}
    if len(body) >= LEAST and "gzip" in asked.get("accept-encoding", ""):
        body = gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
    return {**start, "headers": headers.raw}, {"type": "http.response.body", "body": body}
