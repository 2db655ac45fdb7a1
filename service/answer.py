"""The story of an answer, from the question to the citation. Read it from top to bottom."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from service.decide.verdict import Verdict
from service.draft import Draft
from service.events import Event, Question, Sources
from service.language import phrases
from service.parts import Parts
from service.search.passages import Passage
from service.search.search import Hits
from service.write.facts import stated
from service.write.listed import unanswered
from service.write.writer import Statement, WriterError


async def respond(question: Question, parts: Parts) -> AsyncGenerator[Event, None]:
    """Yield meta, sources, then text and citations as they are checked, last the whole answer."""
    language = phrases.language(question.text, question.language)
    draft = Draft(question.text, language, parts.snapshot.manifest.version, parts.writer.name)
    yield draft.meta
    async with aclosing(_said(question, draft, parts)) as events:
        async for event in events:
            yield event
    yield draft.finish()


async def _said(question: Question, draft: Draft, parts: Parts) -> AsyncGenerator[Event, None]:
    """Understand the question, search, decide, and say what there is to say."""
    snapshot, language = parts.snapshot, draft.language
    if rule := await parts.guard.declined(question.text):
        yield draft.say("declined", phrases.wording(language).declined, rule)
        return
    facts = await parts.outline.facts(question.text)
    if facts and not facts.wants_answer:
        events = _told(stated(facts, snapshot, language), draft, parts)
    else:  # "what is the answer to 3.8" asks that entry's own question
        asked = facts.entries[0].question if facts else question.text
        text = await parts.rewriter.standalone(asked, question.history)
        draft.lap("condense")
        hits, verdict = await _searched(text, question, draft, parts)
        draft.stand(verdict, hits.query.text)
        if verdict == "not_in_documents":
            yield draft.say(verdict, phrases.wording(language).not_in_documents)
            return
        if verdict == "listed_unanswered":
            first = hits.candidates[0].chunk
            entry, others = snapshot.entry(first.document, first.entry_id), parts.searcher.related(hits.candidates[1:])
            draft.relate(others)
            events = _told(unanswered(snapshot, entry, others, language), draft, parts)
        else:
            passages = await parts.searcher.draw(hits)
            for part in await parts.rewriter.split(text):
                passages = parts.searcher.join(passages, await _passages(part, question, draft, parts))
            draft.lap("split")
            draft.relate(parts.searcher.related(hits.candidates, passages))
            events = _written(hits, passages, question, draft, parts)
    async with aclosing(events):
        async for event in events:
            yield event
    if not draft.cited:
        yield draft.say("not_in_documents", phrases.wording(language).not_in_documents)


async def _searched(text: str, question: Question, draft: Draft, parts: Parts) -> tuple[Hits, Verdict]:
    """Find what a question may be answered from, and decide what kind of answer it gets."""
    hits = await parts.searcher.find(text, scope=question.scope, decided=True)
    draft.search(hits)
    decision = await parts.work(parts.decider.decide, hits.query, hits.candidates)
    draft.lap("decide")
    return hits, decision.verdict


async def _passages(text: str, question: Question, draft: Draft, parts: Parts) -> Sequence[Passage]:
    """Return the passages for a part of the question, or for other words of it; none where none answers."""
    hits, verdict = await _searched(text, question, draft, parts)
    return await parts.searcher.draw(hits) if verdict == "answered" else ()


async def _told(statement: Statement, draft: Draft, parts: Parts) -> AsyncGenerator[Event, None]:
    """Say what is the service's own to say, with the lines that it is read from."""
    yield Sources(statement.passages)
    review = parts.review(statement.passages, "", draft.language)
    async with aclosing(draft.show(review, statement.dictate())) as events:
        async for event in events:
            yield event


async def _written(
    hits: Hits, passages: Sequence[Passage], question: Question, draft: Draft, parts: Parts
) -> AsyncGenerator[Event, None]:
    """Let the writer write; what a language model does not deliver, or not soundly, the documents' own words do.

    If nothing of its answer is supported, other passages are searched for once, in other words.
    """
    query, writer, extractive = hits.query, parts.writer, parts.extractive
    for attempt in (1, 2):
        yield Sources(tuple(passages))
        review = parts.review(passages, query.text, draft.language)
        try:
            async with aclosing(draft.show(review, writer.write(query, passages, draft.language))) as events:
                async for event in events:
                    yield event
            reason = review.fault
        except WriterError as error:
            reason = error.reason
        if reason != "unsupported" or attempt == 2 or not (again := await parts.rewriter.again(query.text)):
            break
        passages = await _passages(again, question, draft, parts) or passages
    if reason and writer.name != extractive.name:
        draft.degrade(reason)
        if reason != "length" or not draft.cited:
            async with aclosing(draft.show(review, extractive.write(query, passages, draft.language))) as events:
                async for event in events:
                    yield event
    if draft.cited:
        draft.note_language()
