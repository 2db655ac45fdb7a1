"""Put the golden questions to a running service and keep what it gave."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from eval.golden.check import KINDS, STATUSES, Question
from eval.score import metrics

DEPTH, KEPT = 20, 6  # results that are searched for; passages that are kept
IN_FLIGHT = re.compile(r"^outline_qa_in_flight (\S+)$", re.MULTILINE)
TIMEOUT = 60.0
PATIENCE = 5  # replies 429 in a row before giving up
Body = TypeVar("Body")


class GoldenError(Exception):
    """A file of questions that cannot be read; the text names the line."""


class TargetError(Exception):
    """No service, another one, or a reply against the contract; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Mark [n] of an answer.

    `verbatim` is whether the service's document[start:end] equals the quote, `unbroken` whether no sentence is cut.
    """

    n: int
    entry_id: str | None
    document: str
    start: int
    end: int
    quote: str
    verbatim: bool = False
    unbroken: bool = True


@dataclass(frozen=True, slots=True)
class Passage:
    """What the search found, in the words of the documents."""

    chunk_id: str
    entry_id: str | None
    document: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What POST /v1/ask gave."""

    status: str
    answer: str
    citations: tuple[Citation, ...]
    generator: str
    index_version: str
    degraded: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the distinct entries that the search gave, the first passages it found, and the reply."""

    question: Question
    searched: str
    ranked: tuple[str, ...]
    reply: Reply
    search_seconds: float
    ask_seconds: float
    passages: tuple[Passage, ...] = ()


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


_QUESTION = TypeAdapter(Question)
_SEARCH, _REPLY = TypeAdapter(_Search), TypeAdapter(Reply)
_TEXT, _READINESS, _OUTLINE = TypeAdapter(_Text), TypeAdapter(Readiness), TypeAdapter(_Outline)


def load(path: Path, kind: str | None = None) -> list[Question]:
    """Read the questions, those of one kind if it is named; raises GoldenError."""
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldenError(f"cannot read the questions: {error}") from error
    questions = [_parse(f"{path}, line {n}", line) for n, line in enumerate(lines, 1) if line.strip()]
    wanted = [question for question in questions if kind in (None, question.kind)]
    if not wanted:
        raise GoldenError(f"{path} has no questions of kind {kind!r}" if kind else f"{path} has no questions")
    return wanted


def _parse(place: str, line: str) -> Question:
    try:
        question = _QUESTION.validate_json(line)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'line'}: {e['msg']}" for e in error.errors())
        raise GoldenError(f"{place}: {faults}; `python -m eval.golden.check` explains the form") from error
    for name, value, known in (("kind", question.kind, KINDS), ("status", question.status, STATUSES)):
        if value not in known:
            raise GoldenError(f"{place}: unknown {name} {value!r}, not one of {', '.join(sorted(known))}")
    return question


def ask(
    target: str,
    questions: Sequence[Question],
    concurrency: int = 4,
    progress: Callable[[], None] = lambda: None,
) -> list[Asked]:
    """Put each question to the service at `target`, in order of `questions`; raises TargetError.

    `progress` is told after each question.
    """
    return asyncio.run(_ask(target, questions, concurrency, progress))


async def _ask(
    target: str, questions: Sequence[Question], concurrency: int, progress: Callable[[], None]
) -> list[Asked]:
    room = asyncio.Semaphore(concurrency)
    async with connected(target, TIMEOUT) as client:
        await client.check_ready()

        async def one(question: Question) -> Asked:
            async with room:
                asked = await client.ask(question)
            progress()
            return asked

        return await asyncio.gather(*map(one, questions))


@asynccontextmanager
async def connected(target: str, timeout: float) -> AsyncIterator["Client"]:
    """Open a client; errors of the network are told as the target's, as TargetError."""
    try:
        # A proxy of the environment must not come between this and a loopback address.
        async with httpx.AsyncClient(base_url=target, timeout=timeout, trust_env=False) as http:
            yield Client(http)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        said = str(error) or type(error).__name__
        raise TargetError(
            f"cannot reach {target!r}: {said}; start the service with `python -m service`, or name its "
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
        found = IN_FLIGHT.search(reply.text)
        return max(0, round(float(found[1])) - own) if found else 0

    async def ask(self, question: Question) -> Asked:
        about = {"history": question.history}
        began = time.perf_counter()
        found = await self._post("/v1/search", {"query": question.question, "k": DEPTH, **about}, _SEARCH)
        searched = time.perf_counter()
        reply = await self._post("/v1/ask", {"question": question.question, **about}, _REPLY)
        asked = time.perf_counter()
        checked = [await self._checked(c) for c in reply.citations]
        return Asked(
            question=question,
            searched=found.query,
            ranked=tuple(dict.fromkeys(r.entry_id for r in found.results if r.entry_id is not None)),
            reply=replace(reply, citations=tuple(checked)),
            search_seconds=searched - began,
            ask_seconds=asked - searched,
            passages=tuple(found.results[:KEPT]),
        )

    async def _checked(self, citation: Citation) -> Citation:
        """Hold a quote against the document, with the character on either side of it."""
        first = max(0, citation.start - 1)
        # The quote may end with the document.
        found = await self._text(citation.document, first, citation.end + 1)
        found = found or await self._text(citation.document, first, citation.end) or ""
        before = found[: citation.start - first]
        text, after = found[len(before) :][: len(citation.quote)], found[len(before) + len(citation.quote) :]
        verbatim = text == citation.quote and citation.end - citation.start == len(text)
        return replace(citation, verbatim=verbatim, unbroken=metrics.unbroken(before, text, after))

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
