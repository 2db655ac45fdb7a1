"""The pipeline of an answer. Read `answer` from top to bottom and you know the service."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from service.draft import Answer, Delta, Draft, Event, Meta, Parts, Question, Sources, Status
from service.guard.requests import declines
from service.language import phrases
from service.search.passages import entry_line
from service.search.retrieve import Query
from service.understand.outline_facts import outline_facts
from service.write.facts import state
from service.write.writer import Passage, Quote, Sentence, WriterError

__all__ = ["Answer", "Delta", "Event", "Meta", "Parts", "Question", "Sources", "Status", "answer"]


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
    if facts := outline_facts(text, snapshot.entries, snapshot.pack.words):
        if facts.wants_answer:  # "what is the answer to 3.8" asks that entry's own question
            text = facts.entries[0].question
        else:
            async with aclosing(draft.tell(*state(facts, snapshot, language))) as events:
                async for event in events:
                    yield event
            yield draft.finish()
            return
    asked = await parts.rewriter.standalone(text, question.history)
    draft.lap("condense")
    query, candidates, decision = await draft.search(asked)
    draft.whole = replace(draft.whole, query=query.text)
    if decision.verdict == "not_in_documents":
        yield draft.say("not_in_documents", phrases.NOT_IN_DOCUMENTS[language])
    elif decision.verdict == "listed_unanswered":
        entry = draft.entry(candidates[0])
        related = draft.relate(candidates[1:])
        line = entry_line(snapshot, entry)
        said = phrases.listed(entry, language, any(e.answered for e in related))
        told = [Sentence(text, (whole_of(line),), " " if i else "") for i, text in enumerate(said)]
        draft.whole = replace(draft.whole, status="listed_unanswered")
        async with aclosing(draft.tell([line], told)) as events:
            async for event in events:
                yield event
    else:
        passages = await draft.passages(query, candidates)
        for part in await parts.rewriter.split(asked):
            passages = _joined(passages, await draft.gather(part), parts.passages)
        draft.lap("split")
        used = {passage.entry_id for passage in passages}
        draft.relate([c for c in candidates if c.chunk.entry_id not in used])
        async with aclosing(_written(draft, query, passages)) as events:
            async for event in events:
                yield event
    yield draft.finish()


async def _written(draft: Draft, query: Query, passages: Sequence[Passage]) -> AsyncGenerator[Event, None]:
    """Let the writer write; what a language model does not deliver, or not soundly, the documents' own words do.

    If nothing of its answer is supported, other passages are searched for once, in other words.
    """
    parts = draft.parts
    for attempt in (1, 2):
        yield Sources(tuple(passages))
        draft.begin(query, passages)
        try:
            async with aclosing(draft.check(parts.writer.write(query, passages, draft.language))) as events:
                async for event in events:
                    yield event
            reason = draft.fault()
        except WriterError as error:
            reason = error.reason
        if reason != "unsupported" or attempt == 2 or not (again := await parts.rewriter.again(query.text)):
            break
        passages = await draft.gather(again) or passages
    if reason and parts.writer.name != parts.extractive.name:
        draft.degrade(reason)
        if reason != "length" or not draft.whole.citations:
            async with aclosing(draft.check(parts.extractive.write(query, passages, draft.language))) as events:
                async for event in events:
                    yield event
    if draft.whole.citations:
        draft.settle()
    else:
        yield draft.say("not_in_documents", phrases.NOT_IN_DOCUMENTS[draft.language])


def _joined(passages: Sequence[Passage], more: Sequence[Passage], limit: int) -> list[Passage]:
    """Join the passages of a question's parts: the best of each stay in."""
    known = {passage.chunk_id for passage in passages}
    found = [*passages, *(passage for passage in more if passage.chunk_id not in known)]
    return sorted(found, key=lambda passage: -passage.relevance)[:limit]


def whole_of(passage: Passage) -> Quote:
    return Quote(0, passage.start, passage.end)
