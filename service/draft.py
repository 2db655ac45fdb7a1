"""An answer in the making, and what it is made of: the parts that answering needs, and the events that it yields."""

import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Literal

from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.check.ground import Grounder
from service.check.quotes import Checker, Citation
from service.check.support import Support
from service.decide.verdict import Decider, Decision
from service.language import phrases
from service.search.passages import gather
from service.search.retrieve import Candidate, Query, Retriever, Scope
from service.search.scale import Scale, distances
from service.understand.condense import Message
from service.understand.rewrite import Rewriter
from service.workers.worker import Worker
from service.write.writer import Claim, Passage, Reason, Sentence, Writer

Status = Literal["answered", "listed_unanswered", "not_in_documents", "declined"]
RELATED = 4


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as the contract has it."""

    text: str
    history: Sequence[Message] = ()
    scope: Scope | None = None
    language: Literal["auto", "zh", "en"] = "auto"


@dataclass(frozen=True, slots=True)
class Meta:
    id: str
    index_version: str
    generator: str


@dataclass(frozen=True, slots=True)
class Sources:
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer; `timings_ms` by stage, `first` until the first text.

    `reason` is why a language model did not write it to its end; `removed` and `replaced` count the model's
    sentences that no passage supports.
    """

    id: str
    status: Status
    text: str
    citations: tuple[Citation, ...]
    related: tuple[Entry, ...]
    generator: str
    degraded: str | None
    index_version: str
    query: str
    timings_ms: dict[str, float] = field(default_factory=dict)
    reason: Reason | None = None
    removed: int = 0
    replaced: int = 0


Event = Meta | Sources | Delta | Citation | Answer


@dataclass(frozen=True, slots=True)
class Parts:
    """What answering needs: one snapshot with what was built on it, and the parts that outlive it.

    `extractive` writes when `writer` cannot; below `min_support` a sentence of a language model has no source.
    """

    snapshot: Snapshot
    retriever: Retriever
    scale: Scale
    decider: Decider
    writer: Writer
    extractive: Writer
    support: Support
    rewriter: Rewriter
    work: Worker
    embed: Callable[[str], Awaitable[Query]]
    rerank: Callable[[Query, Sequence[Candidate]], Awaitable[tuple[list[Candidate], str | None]]]
    candidates: int = 30
    passages: int = 6
    min_support: float = 0.65


class Draft:
    """An answer in the making: keeps what was said, checks each sentence, takes the time."""

    def __init__(self, parts: Parts, question: Question) -> None:
        self.parts, self._scope = parts, question.scope
        self._by_model = False  # whether anything shown is in a language model's words
        self._apart = ""  # what parts a model's words from the documents' that follow
        self._began = self._lapped = time.perf_counter()
        self.language = phrases.language(question.text, question.language)
        self.whole = Answer(
            id=f"a-{uuid.uuid4().hex[:16]}",
            status="answered",
            text="",
            citations=(),
            related=(),
            generator=parts.writer.name,
            degraded=None,
            index_version=parts.snapshot.manifest.version,
            query=question.text,
        )

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.whole.timings_ms[stage] = round((now - self._lapped) * 1000, 2)
        self._lapped = now

    def say(self, status: Status, text: str) -> Delta:
        """Say something of the service's own, which has nothing to cite."""
        self.whole = replace(self.whole, status=status, text=text)
        return Delta(text)

    async def search(self, text: str) -> tuple[Query, list[Candidate], Decision]:
        """Find what a question may be answered from, and decide what kind of answer it gets."""
        query = await self.parts.embed(text)
        self.lap("embed")
        candidates = await self.parts.work(self.parts.retriever.retrieve, query, self.parts.candidates, self._scope)
        self.lap("retrieve")
        candidates, degraded = await self.parts.rerank(query, candidates)
        self.lap("rerank")
        decision = await self.parts.work(self.parts.decider.decide, query, candidates)
        self.lap("decide")
        self.whole = replace(self.whole, degraded=self.whole.degraded or degraded)
        return query, candidates, decision

    async def gather(self, text: str) -> list[Passage]:
        """Return the passages for a part of the question, or for other words of it; none where none answers."""
        query, candidates, decision = await self.search(text)
        if decision.verdict != "answered":
            return []
        return await self.passages(query, candidates)

    async def passages(self, query: Query, candidates: Sequence[Candidate]) -> list[Passage]:
        """Return what a writer may draw on, best first."""
        parts = self.parts
        return await parts.work(gather, parts.snapshot, query, candidates, parts.retriever, parts.scale, parts.passages)

    async def tell(self, passages: Sequence[Passage], sentences: Iterable[Sentence]) -> AsyncGenerator[Event, None]:
        """Say sentences of the service's own about passages."""
        yield Sources(tuple(passages))
        self.begin(None, passages)
        async with aclosing(self.check(_each(sentences))) as events:
            async for event in events:
                yield event
        if not self.whole.citations:
            yield self.say("not_in_documents", phrases.NOT_IN_DOCUMENTS[self.language])

    def begin(self, query: Query | None, passages: Sequence[Passage]) -> None:
        """Take the passages that what follows is checked against."""
        self._checker = Checker(self.parts.snapshot.documents, passages)
        asked = query.text if query else ""
        self._grounder = Grounder(
            self.parts.support, self.parts.snapshot.pack.words, passages, asked, self.language, self.parts.min_support
        )

    async def check(self, said: AsyncIterator[Sentence | Claim]) -> AsyncGenerator[Delta | Citation, None]:
        """Check what is said one by one and yield what holds."""
        async with aclosing(said) as sentences:  # type: ignore[type-var]
            async for each in sentences:
                if isinstance(each, Claim):
                    grounded = await self._ground(each)
                else:
                    grounded = [each] if self._is_news(each) else []
                for sentence in grounded:
                    for event in self._show(sentence, isinstance(each, Claim)):
                        yield event
        self.lap("write")

    async def _ground(self, claim: Claim) -> list[Sentence]:
        began = time.perf_counter()
        grounded = await self._grounder.ground(claim)
        spent = self.whole.timings_ms.get("check", 0.0) + (time.perf_counter() - began) * 1000
        self.whole.timings_ms["check"] = round(spent, 2)
        self.whole = replace(self.whole, removed=self._grounder.removed, replaced=self._grounder.replaced)
        return grounded

    def _is_news(self, sentence: Sentence) -> bool:
        """Whether the documents' words go on from where a model stopped: what it cited is not said again."""
        return not self._by_model or not any(self._checker.quoted(quote) for quote in sentence.quotes)

    def _show(self, sentence: Sentence, by_model: bool) -> Iterator[Delta | Citation]:
        checked = self._checker.check(sentence)
        if checked is None:
            return
        if not self.whole.text:
            self.whole.timings_ms["first"] = round((time.perf_counter() - self._began) * 1000, 2)
        text = checked.text if self.whole.text else checked.text.lstrip("\n")
        if self._apart and not by_model:
            text, self._apart = self._apart + text.lstrip("\n"), ""
        self._by_model |= by_model
        self.whole = replace(
            self.whole, text=self.whole.text + text, citations=(*self.whole.citations, *checked.citations)
        )
        yield Delta(text)
        yield from checked.citations

    def fault(self) -> Reason | None:
        """What the check found wrong with an answer that was written to its end."""
        if not self.whole.citations:
            return "unsupported"
        return "mostly_unsupported" if self._grounder.unfounded > self._grounder.founded else None

    def degrade(self, reason: Reason) -> None:
        told = phrases.degraded(reason, self.language, self._by_model)
        self._apart = "\n\n" if self._by_model else ""
        self.whole = replace(self.whole, reason=reason, degraded=told)

    def settle(self) -> None:
        """Say when an English question got Chinese sentences."""
        if not self._by_model and self.language == "en":
            self.whole = replace(self.whole, degraded=self.whole.degraded or phrases.CHINESE_QUOTES)

    def entry(self, candidate: Candidate) -> Entry:
        chunk = candidate.chunk
        return next(e for e in self.parts.snapshot.entries if (e.document, e.id) == (chunk.document, chunk.entry_id))

    def relate(self, candidates: Sequence[Candidate]) -> tuple[Entry, ...]:
        """Name the next entries, those with an answer first."""
        margins = self.parts.scale.margins(candidates)
        placed = zip(candidates, distances(margins, candidates), strict=True)
        near = [c for c, behind in placed if behind <= margins.related]
        entries = [self.entry(c) for c in near if c.chunk.entry_id]
        best = sorted(entries[: 3 * RELATED], key=lambda entry: not entry.answered)[:RELATED]
        self.whole = replace(self.whole, related=tuple(best))
        return self.whole.related

    def finish(self) -> Answer:
        if not self._by_model:
            self.whole = replace(self.whole, generator=self.parts.extractive.name)
        self.whole.timings_ms["total"] = round((time.perf_counter() - self._began) * 1000, 2)
        return self.whole


async def _each(sentences: Iterable[Sentence]) -> AsyncIterator[Sentence]:
    for sentence in sentences:
        yield sentence
