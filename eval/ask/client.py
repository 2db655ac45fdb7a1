"""Put the golden questions to a running service and keep what it gave."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from eval.ask.key import authorization
from eval.golden.question import GoldenQuestion
from eval.score import prose
from eval.score.exchange import Citation, Exchange, Passage, Reply

DEPTH, PASSAGES = 20, 6  # results that are searched for; passages that are kept
IN_FLIGHT = re.compile(r"^outline_qa_in_flight (\S+)$", re.MULTILINE)
TIMEOUT = 60.0
PATIENCE = 5  # replies 429 in a row before giving up
Body = TypeVar("Body")


class TargetError(Exception):
    """No service, another one, or a reply against the contract; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What GET /readyz tells."""

    status: str
    reasons: list[str]
    index_version: str | None = None
    generator: str = ""


@dataclass(frozen=True, slots=True)
class _Search:
    query: str
    results: list[Passage]


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str


@dataclass(frozen=True, slots=True)
class _Section:
    entries: list[_Entry]


@dataclass(frozen=True, slots=True)
class _Outline:
    sections: list[_Section]


_SEARCH, _REPLY = TypeAdapter(_Search), TypeAdapter(Reply)
_TEXT, _READINESS, _OUTLINE = TypeAdapter(_Text), TypeAdapter(Readiness), TypeAdapter(_Outline)


def ask_all(
    target: str,
    questions: Sequence[GoldenQuestion],
    concurrency: int = 4,
    progress: Callable[[], None] = lambda: None,
) -> list[Exchange]:
    """Put each question to the service at `target`, in order of `questions`; raises TargetError.

    `progress` is told after each question.
    """
    return asyncio.run(_ask_all(target, questions, concurrency, progress))


async def _ask_all(
    target: str, questions: Sequence[GoldenQuestion], concurrency: int, progress: Callable[[], None]
) -> list[Exchange]:
    room = asyncio.Semaphore(concurrency)
    async with connected(target, TIMEOUT) as client:
        await client.check_ready()

        async def one(question: GoldenQuestion) -> Exchange:
            async with room:
                exchange = await client.ask(question)
            progress()
            return exchange

        return await asyncio.gather(*map(one, questions))


@asynccontextmanager
async def connected(target: str, timeout: float) -> AsyncIterator["Client"]:
    """Open a client; errors of the network are told as the target's, as TargetError."""
    try:
        # A proxy of the environment must not come between this and a loopback address.
        async with httpx.AsyncClient(
            base_url=target, timeout=timeout, trust_env=False, headers=dict(authorization())
        ) as http:
            yield Client(http)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        fault = str(error) or type(error).__name__
        raise TargetError(
            f"cannot reach {target!r}: {fault}; start the service with `python -m service`, or name its "
            "address with --target"
        ) from error


@dataclass(frozen=True, slots=True)
class Client:
    """Speaks to one service; raises TargetError for a reply that is not the service's, httpx's errors for none."""

    http: httpx.AsyncClient

    async def check_ready(self) -> Readiness:
        """Return what the service says of itself; raises TargetError when it is not ready."""
        reply = await self.http.get("/readyz")
        ready = self._read(reply, _READINESS, known=(200, 503))
        if reply.status_code == 503:
            raise TargetError(f"{self.http.base_url} is not ready: {'; '.join(ready.reasons)}")
        return ready

    async def entries(self) -> set[str]:
        """Return the ids of the outline's entries."""
        outline = self._read(await self.http.get("/v1/outline"), _OUTLINE)
        return {entry.id for section in outline.sections for entry in section.entries}

    async def others(self, own: int) -> int:
        """Return how many questions of others are being answered, `own` being ours; 0 when it is not told."""
        reply = await self.http.get("/metrics")
        count = IN_FLIGHT.search(reply.text)
        return max(0, round(float(count[1])) - own) if count else 0

    async def ask(self, question: GoldenQuestion) -> Exchange:
        about = {"history": question.history}
        began = time.perf_counter()
        search = await self._post("/v1/search", {"query": question.question, "k": DEPTH, **about}, _SEARCH)
        found_at = time.perf_counter()
        reply = await self._post("/v1/ask", {"question": question.question, **about}, _REPLY)
        answered_at = time.perf_counter()
        checked = [await self._check(c) for c in reply.citations]
        return Exchange(
            question=question,
            searched=search.query,
            ranked=tuple(dict.fromkeys(r.entry_id for r in search.results if r.entry_id is not None)),
            reply=replace(reply, citations=tuple(checked)),
            search_seconds=found_at - began,
            ask_seconds=answered_at - found_at,
            passages=tuple(search.results[:PASSAGES]),
        )

    async def _check(self, citation: Citation) -> Citation:
        """Hold a quote against the document, with the character on either side of it."""
        first = max(0, citation.start - 1)
        # The quote may end with the document.
        window = await self._text(citation.document, first, citation.end + 1)
        window = window or await self._text(citation.document, first, citation.end) or ""
        before = window[: citation.start - first]
        text, after = window[len(before) :][: len(citation.quote)], window[len(before) + len(citation.quote) :]
        verbatim = text == citation.quote and citation.end - citation.start == len(text)
        return replace(citation, verbatim=verbatim, unbroken=prose.unbroken(before, text, after))

    async def _text(self, document: str, start: int, end: int) -> str | None:
        """Return document[start:end], None when the service has no such passage."""
        reply = await self.http.get(f"/v1/documents/{quote(document)}", params={"start": start, "end": end})
        return None if reply.status_code in (404, 422) else self._read(reply, _TEXT).text

    async def _post(self, path: str, body: dict[str, object], reads: TypeAdapter[Body]) -> Body:
        for _ in range(PATIENCE):
            reply = await self.http.post(path, json=body)
            if reply.status_code != 429:
                break
            wait = reply.headers.get("Retry-After", "1")
            await asyncio.sleep(min(int(wait) if wait.isdigit() else 1, 10))
        return self._read(reply, reads)

    def _read(self, reply: httpx.Response, reads: TypeAdapter[Body], known: Sequence[int] = (200,)) -> Body:
        request = f"{reply.request.method} {reply.request.url}"
        if reply.status_code not in known:
            raise TargetError(f"{request} gave {reply.status_code}: {reply.text[:200]!r}; is this the service?")
        try:
            return reads.validate_json(reply.content)
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"])) or "the body"
            raise TargetError(
                f"{request} gave a body that is not this service's: {place}: {fault['msg']}; is another program there?"
            ) from error
