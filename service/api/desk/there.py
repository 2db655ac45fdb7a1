"""The desk of a service at an address, over HTTP."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from service.api import contract
from service.api.refusal import ProblemError
from service.api.stream import AskEvent, ErrorEvent

EVENT: TypeAdapter[AskEvent] = TypeAdapter(AskEvent)
# An answer may take a language model long to begin; the service sends a comment every 15 s.
TIMEOUT = httpx.Timeout(10, read=60)
Body = TypeVar("Body", bound=contract.Model)


class RemoteDesk:
    """Asks a service at an address; raises ProblemError (502) where none answers there."""

    def __init__(self, url: str, key: str | None = None) -> None:
        """`url` is that of the service, with or without `/v1`; `key` is sent to it."""
        self.url = url.rstrip("/").removesuffix("/v1")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def ask(self, request: contract.AskRequest) -> AsyncGenerator[AskEvent, None]:
        body = request.model_dump(exclude_unset=True) | {"stream": True}
        try:
            async with (
                httpx.AsyncClient(base_url=self.url, timeout=TIMEOUT, headers=self._headers) as client,
                client.stream("POST", "/v1/ask", json=body) as reply,
            ):
                if reply.status_code != 200:
                    await reply.aread()
                    raise _problem(reply)
                async for event in _events(reply.aiter_lines()):
                    if isinstance(event, ErrorEvent):
                        raise ProblemError(event.data.status, event.data.detail)
                    yield event
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._away(error) from error

    async def search(self, request: contract.SearchRequest) -> contract.SearchResponse:
        return await self._send("POST", "/v1/search", contract.SearchResponse, request.model_dump(exclude_unset=True))

    async def outline(self) -> contract.OutlineResponse:
        return await self._send("GET", "/v1/outline", contract.OutlineResponse)

    async def entry(self, id: str, document: str | None = None) -> contract.EntryResponse:
        where = "" if document is None else f"?document={quote(document, safe='')}"
        return await self._send("GET", f"/v1/entries/{quote(id, safe='')}{where}", contract.EntryResponse)

    async def document(self, name: str, start: int = 0, end: int | None = None) -> contract.DocumentResponse:
        span = f"?start={start}" + ("" if end is None else f"&end={end}")
        return await self._send("GET", f"/v1/documents/{quote(name, safe='')}{span}", contract.DocumentResponse)

    async def _send(self, method: str, path: str, gives: type[Body], body: object = None) -> Body:
        try:
            async with httpx.AsyncClient(base_url=self.url, timeout=TIMEOUT, headers=self._headers) as client:
                reply = await client.request(method, path, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._away(error) from error
        if reply.status_code != 200:
            raise _problem(reply)
        return _read(gives, reply.content)

    def _away(self, error: Exception) -> ProblemError:
        told = str(error) or type(error).__name__
        return ProblemError(502, f"No service answers at {self.url!r} ({told}); start one with 'outline-qa serve'.")


async def _events(lines: AsyncIterator[str]) -> AsyncGenerator[AskEvent, None]:
    """Read server-sent events: each has one line of data."""
    kind = ""
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield EVENT.validate_json(f'{{"event": "{kind}", "data": {value}}}')


def _read(gives: type[Body], content: bytes) -> Body:
    try:
        return gives.model_validate_json(content)
    except ValidationError as error:
        raise ProblemError(502, "What answers there is no Outline QA, or one of another version.") from error


def _problem(reply: httpx.Response) -> ProblemError:
    try:
        told = contract.Problem.model_validate_json(reply.content)
    except ValidationError:
        return ProblemError(502, f"What answers at {str(reply.url)!r} is no Outline QA: HTTP {reply.status_code}.")
    return ProblemError(told.status, told.detail, reply.headers)
