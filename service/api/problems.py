"""Errors as RFC 9457 problem documents, request ids, and the limit on a body."""

import logging
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api import contract
from service.api.openai.errors import OpenAIErrors
from service.api.refusal import ProblemError as ProblemError

NOSNIFF = (b"x-content-type-options", b"nosniff")
log = logging.getLogger(__name__)
MAX_BODY = 64 * 1024
MAX_EVENT = 1024 * 1024  # a chat platform sends the message along whose button is pressed
# Chat programs send the whole conversation, images too; what is too old is left out, not refused.
MAX_CHAT = 8 * 1024 * 1024
MAX_ALL = 64 * 1024 * 1024  # of all bodies that are being read or answered
UPLOADS = "/v1/admin/documents"
CHATS = ("/v1/chat/completions", "/v1/responses")


def problem(
    status: int,
    detail: str,
    *,
    request_id: str | None = None,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    kind: str = "about:blank",
) -> JSONResponse:
    body = contract.Problem(
        type=kind,
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=request_id,
        errors=errors,
    )
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status,
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )


def told(error: ProblemError, scope: Scope) -> JSONResponse:
    """The reply to who was refused before there was a route."""
    return problem(error.status, error.detail, request_id=str(scope.get("request_id", "")), headers=error.headers)


def install(app: FastAPI) -> None:
    """Register the handlers and the middleware on an app."""
    app.add_middleware(Failures)
    app.add_middleware(OpenAIErrors)

    @app.exception_handler(ProblemError)
    async def _problem(request: Request, error: ProblemError) -> JSONResponse:
        errors = [{"field": error.field, "message": error.detail}] if error.field else None
        return problem(error.status, error.detail, request_id=_id(request), errors=errors, headers=error.headers)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:  # FastAPI's for a body that is not UTF-8 or nested too deep
            errors = [{"field": "body", "message": str(error.detail)}]
            return problem(422, f"body: {error.detail}", request_id=_id(request), errors=errors)
        return problem(error.status_code, str(error.detail), request_id=_id(request), headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [{"field": _field(fault), "message": str(fault["msg"])} for fault in error.errors()]
        detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in errors)
        return problem(422, detail, request_id=_id(request), errors=errors)


def _field(fault: Mapping[str, Any]) -> str:
    """The dotted name of a faulty field; malformed JSON has a position instead."""
    where, *names = fault["loc"]
    return ".".join(map(str, names)) if names and fault["type"] != "json_invalid" else str(where)


def _id(request: Request) -> str:
    return str(request.scope.get("request_id", ""))


class RequestId:
    """Give each request an id and send it back; what is sent is what it says it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = request_id = uuid.uuid4().hex[:12]
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [header for header in message["headers"] if header[0] != NOSNIFF[0]]
                message["headers"] = [*others, (b"x-request-id", request_id.encode()), NOSNIFF]
            await send(message)

        await self._app(scope, receive, tagged)


class Failures:
    """Turn an unhandled exception into a bare 500 with the request's id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, started = str(scope.get("request_id", "")), False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:  # the outermost layer: the stack goes to the log, never to the reader
            log.exception("request %s failed", request_id)
            if started:
                raise
            reply = problem(500, "The service failed on this request; its log has the id.", request_id=request_id)
            await reply(scope, receive, noted)


class Head:
    """Answer HEAD as GET, without the body (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def bare(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, bare)


class BodyLimit:
    """Refuse a body over 64 KiB, of a chat over 8 MiB, with 413, whether it declares its length or not.

    All that are held at once are bounded too: one more is told to come back. An upload passes as it comes, up to its
    own limit.
    """

    def __init__(self, app: ASGIApp, upload: int = MAX_BODY, all_bytes: int = MAX_ALL) -> None:
        self._app, self._upload, self._most, self._held = app, upload, all_bytes, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] not in ("POST", "PUT", "PATCH"):
            await self._app(scope, receive, send)
            return
        if scope["path"] == UPLOADS and scope["method"] == "POST":
            await self._app(scope, self._counted(receive), send)
            return
        size, request_id = 0, str(scope.get("request_id", ""))
        event = scope["path"].startswith("/v1/channels/")
        most = MAX_CHAT if scope["path"] in CHATS else MAX_EVENT if event else MAX_BODY
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        too_large, more, body = declared.isdigit() and int(declared) > most, True, bytearray()
        try:
            while more and not too_large:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                part = message.get("body", b"")
                size += len(part)
                self._held += len(part)
                if self._held > self._most:
                    told = "Too much is being sent at once; try again shortly."
                    await problem(503, told, request_id=request_id, headers={"Retry-After": "2"})(scope, receive, send)
                    return
                body += part
                too_large, more = size > most, message.get("more_body", False)
            if too_large:
                await problem(413, f"The body is over {most} bytes.", request_id=request_id)(scope, receive, send)
                return
            await self._app(scope, _again(bytes(body), receive), send)
        finally:
            self._held -= size

    def _counted(self, receive: Receive) -> Receive:
        """Pass a body on; raises HTTPException (413) where it gets too long."""
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._upload:
                raise HTTPException(413, f"The upload is over {self._upload >> 20:,} MB; split it.")
            return message

        return counted


def _again(body: bytes, receive: Receive) -> Receive:
    """Give the body once, then what comes after it."""
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
