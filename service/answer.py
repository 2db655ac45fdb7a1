"""The pipeline of an answer. Read `answer` from top to bottom and you know the service."""

import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ingest.outline import Entry
from ingest.snapshot import Snapshot
from service import phrases
from service.check import Checker, Citation
from service.condense import Message, condense
from service.decide import Decider
from service.guard import declines
from service.outline_facts import outline_facts
from service.passages import entry_line, gather
from service.retrieve import Candidate, Query, Retriever, Scope
from service.write.facts import state
from service.write.writer import Passage, Quote, Sentence, Writer

Status = Literal["answered", "listed_unanswered", "not_in_documents", "declined"]
RELATED = 4
NEAR = 4.0  # in fused score, of an entry worth naming beside the next best


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
    """The whole answer; `timings_ms` by stage."""

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


Event = Meta | Sources | Delta | Citation | Answer


@dataclass(frozen=True, slots=True)
class Parts:
    """What answering needs: one snapshot with what was built on it, and the parts that outlive it."""

    snapshot: Snapshot
    retriever: Retriever
    decider: Decider
    writer: Writer
    embed: Callable[[str], Awaitable[Query]]
    rerank: Callable[[Query, Sequence[Candidate]], Awaitable[tuple[list[Candidate], str | None]]]
    candidates: int = 30
    passages: int = 6


async def answer(question: Question, parts: Parts) -> AsyncGenerator[Event, None]:
    """Yield meta, sources, then text and citations as they are checked, last the whole answer."""
    draft = Draft(parts, question)
    yield Meta(draft.whole.id, draft.whole.index_version, draft.whole.generator)
    language, snapshot = draft.language, parts.snapshot
    text = question.text
    if declines(text):
        yield draft.say("declined", phrases.DECLINED[language])
        yield draft.finish()
        return
    if facts := outline_facts(text, snapshot.entries):
        if facts.wants_answer:  # "what is the answer to 3.8" asks that entry's own question
            text = facts.entries[0].question
        else:
            async for event in draft.write(*state(facts, snapshot, language)):
                yield event
            yield draft.finish()
            return
    query = await parts.embed(condense(text, question.history))
    draft.lap("embed")
    candidates = parts.retriever.retrieve(query, parts.candidates, question.scope)
    draft.lap("retrieve")
    candidates, degraded = await parts.rerank(query, candidates)
    draft.lap("rerank")
    decision = parts.decider.decide(query, candidates)
    draft.lap("decide")
    draft.whole = replace(draft.whole, query=query.text, degraded=degraded)
    if decision.verdict == "not_in_documents":
        yield draft.say("not_in_documents", phrases.NOT_IN_DOCUMENTS[language])
    elif decision.verdict == "listed_unanswered":
        entry = draft.entry(candidates[0])
        related = draft.relate(candidates[1:])
        line = entry_line(snapshot, entry)
        said = phrases.listed(entry, language, any(e.answered for e in related))
        told = [Sentence(text, (whole_of(line),), " " if i else "") for i, text in enumerate(said)]
        draft.whole = replace(draft.whole, status="listed_unanswered")
        async for event in draft.write([line], told):
            yield event
    else:
        passages = gather(snapshot, query, candidates, parts.retriever, parts.passages)
        used = {passage.entry_id for passage in passages}
        draft.relate([c for c in candidates if c.chunk.entry_id not in used])
        if language == "en" and parts.writer.name == "extractive":
            draft.whole = replace(draft.whole, degraded=degraded or phrases.CHINESE_QUOTES)
        async for event in draft.write(passages, parts.writer.write(query, passages)):
            yield event
    yield draft.finish()


class Draft:
    """An answer in the making: keeps what was said, checks each sentence, takes the time."""

    def __init__(self, parts: Parts, question: Question) -> None:
        self._snapshot = parts.snapshot
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

    async def write(
        self, passages: Sequence[Passage], sentences: AsyncIterator[Sentence] | Iterable[Sentence]
    ) -> AsyncIterator[Event]:
        """Check sentences one by one and yield those that hold; without one the documents do not answer."""
        yield Sources(tuple(passages))
        checker = Checker(self._snapshot.documents, passages)
        text: list[str] = []
        citations: list[Citation] = []
        async for sentence in sentences if isinstance(sentences, AsyncIterator) else _each(sentences):
            if checked := checker.check(sentence):
                text.append(checked.text)
                citations += checked.citations
                yield Delta(checked.text)
                for citation in checked.citations:
                    yield citation
        self.whole = replace(self.whole, text="".join(text), citations=tuple(citations))
        if not citations:
            yield self.say("not_in_documents", phrases.NOT_IN_DOCUMENTS[self.language])
        self.lap("write")

    def entry(self, candidate: Candidate) -> Entry:
        chunk = candidate.chunk
        return next(e for e in self._snapshot.entries if (e.document, e.id) == (chunk.document, chunk.entry_id))

    def relate(self, candidates: Sequence[Candidate]) -> tuple[Entry, ...]:
        """Name the next entries, those with an answer first."""
        near = [c for c in candidates if c.score >= candidates[0].score - NEAR]
        entries = [self.entry(c) for c in near if c.chunk.entry_id]
        best = sorted(entries[: 3 * RELATED], key=lambda entry: not entry.answered)[:RELATED]
        self.whole = replace(self.whole, related=tuple(best))
        return self.whole.related

    def finish(self) -> Answer:
        self.whole.timings_ms["total"] = round((time.perf_counter() - self._began) * 1000, 2)
        return self.whole


def whole_of(passage: Passage) -> Quote:
    return Quote(0, passage.start, passage.end)


async def _each(sentences: Iterable[Sentence]) -> AsyncIterator[Sentence]:
    for sentence in sentences:
        yield sentence
