"""The story of an answer, from the question to the citation. Read it from top to bottom."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from service.decide.verdict import Decision, Verdict
from service.draft import Draft
from service.events import Event, Question, Sources
from service.language import phrases
from service.parts import Parts
from service.search.passages import Passage
from service.search.search import Hits
from service.understand.conversation import Turn
from service.understand.outline import Facts
from service.write.edit import Edit, Unsaid, Without, edited, whole
from service.write.facts import stated
from service.write.help import reply
from service.write.listed import unanswered
from service.write.writer import Statement, WriterError


async def respond(question: Question, parts: Parts) -> AsyncGenerator[Event, None]:
    """Yield meta, sources, then text and citations as they are checked, last the whole answer."""
    language = phrases.language(_spoken(question), question.language)
    draft = Draft(question.text, language, parts.snapshot.manifest.version, parts.writer.name)
    yield draft.meta
    async with aclosing(_said(question, draft, parts)) as events:
        async for event in events:
            yield event
    yield draft.finish()


def _spoken(question: Question) -> str:
    """The last message of a person that has words: a number or a mark has no language."""
    asked = [message.content for message in question.history if message.role == "user"]
    return next((text for text in (question.text, *reversed(asked)) if any(map(str.isalpha, text))), question.text)


async def _said(question: Question, draft: Draft, parts: Parts) -> AsyncGenerator[Event, None]:
    """Understand the question, search, decide, and say what there is to say."""
    language = draft.language
    if rule := await parts.guard.declined(question.text):
        yield draft.say("declined", phrases.wording(language).declined, rule)
        return
    turn = await parts.conversation.turn(question.text, question.history)
    draft.lap("condense")
    edit = edited(turn, question.history, parts.snapshot.pack.words)
    facts = parts.outline.contents() if turn.kind == "contents" else await _facts(turn, parts)
    if not turn.question and not facts:
        yield draft.say("not_in_documents", reply(turn.kind, parts.snapshot, language))
        return
    if facts and not facts.wants_answer:
        events = _told(stated(facts, parts.snapshot, language), draft, parts, edit)
    else:  # "what is the answer to 3.8" asks that entry's own question
        turn = replace(turn, question=facts.entries[0].question, alone="") if facts else turn
        hits, verdict = await _meant(turn, question, draft, parts)
        draft.stand(verdict, hits.query.text)
        if verdict == "not_in_documents":
            yield draft.say(verdict, phrases.wording(language).not_in_documents)
            return
        if verdict == "listed_unanswered":
            events = _listed(hits, draft, parts)
        else:
            events = _answered(hits, question, draft, parts, edit)
    async with aclosing(events):
        async for event in events:
            yield event
    if not draft.cited:
        none = reply("more", parts.snapshot, language) if turn.kind == "more" else ""
        yield draft.say("not_in_documents", none or phrases.wording(language).not_in_documents)
    elif turn.kind == "again" and parts.writer.name == parts.extractive.name:
        draft.note(phrases.wording(language).only_quotes)


async def _facts(turn: Turn, parts: Parts) -> Facts | None:
    """Return what a message asks of the outlines; one that leans does not ask for all of them."""
    facts = await parts.outline.facts(turn.asked) if turn.asked else None
    return None if facts and turn.kind == "follow" and facts.kind == "overview" else facts


async def _meant(turn: Turn, question: Question, draft: Draft, parts: Parts) -> tuple[Hits, Verdict]:
    """Search for what is meant: where it is unclear whether a message leans on others, both ways, to take the surer.

    What alone is listed without an answer is not answered out of what was said before.
    """
    hits, decision = await _searched(turn.question, question, draft, parts)
    if turn.alone:
        own, itself = await _searched(turn.alone, question, draft, parts)
        surer = turn.standing * itself.confidence >= (1 - turn.standing) * decision.confidence
        stands = surer or decision.verdict == "not_in_documents"
        if itself.verdict == "listed_unanswered" or (itself.verdict == "answered" and stands):
            return own, itself.verdict
    return hits, decision.verdict


def _listed(hits: Hits, draft: Draft, parts: Parts) -> AsyncGenerator[Event, None]:
    """Say that the outline lists the question without an answer."""
    first = hits.candidates[0].chunk
    entry = parts.snapshot.entry(first.document, first.entry_id)
    others = parts.searcher.related(hits.candidates[1:])
    draft.relate(others)
    return _told(unanswered(parts.snapshot, entry, others, draft.language), draft, parts)


async def _answered(
    hits: Hits, question: Question, draft: Draft, parts: Parts, edit: Edit
) -> AsyncGenerator[Event, None]:
    """Answer from the passages of a question and of its parts."""
    passages = await parts.searcher.draw(hits)
    for part in await parts.rewriter.split(hits.query.asked):
        passages = parts.searcher.join(passages, await _passages(part, question, draft, parts))
    draft.lap("split")
    if isinstance(edit, Without):
        passages = list(filter(edit.allows, passages)) or passages
    draft.relate(parts.searcher.related(hits.candidates, passages))
    async with aclosing(_written(hits, passages, question, draft, parts, edit)) as events:
        async for event in events:
            yield event


async def _searched(text: str, question: Question, draft: Draft, parts: Parts) -> tuple[Hits, Decision]:
    """Find what a question may be answered from, and decide what kind of answer it gets."""
    hits = await parts.searcher.find(text, scope=question.scope, decided=True)
    draft.search(hits)
    decision = await parts.work(parts.decider.decide, hits.query, hits.candidates)
    draft.lap("decide")
    return hits, decision


async def _passages(text: str, question: Question, draft: Draft, parts: Parts) -> Sequence[Passage]:
    """Return the passages for a part of the question, or for other words of it; none where none answers."""
    hits, decision = await _searched(text, question, draft, parts)
    return await parts.searcher.draw(hits) if decision.verdict == "answered" else ()


async def _told(statement: Statement, draft: Draft, parts: Parts, edit: Edit = whole) -> AsyncGenerator[Event, None]:
    """Say what is the service's own to say, with the lines that it is read from."""
    yield Sources(statement.passages)
    review = parts.review(statement.passages, "", draft.language)
    async with aclosing(draft.show(review, edit(statement.dictate()))) as events:
        async for event in events:
            yield event


async def _written(
    hits: Hits, passages: Sequence[Passage], question: Question, draft: Draft, parts: Parts, edit: Edit
) -> AsyncGenerator[Event, None]:
    """Let the writer write; what a language model does not deliver, or not soundly, the documents' own words do.

    If nothing of its answer is supported, other passages are searched for once, in other words.
    """
    query, writer, extractive = hits.query, parts.writer, parts.extractive
    if isinstance(edit, Unsaid):
        writer = extractive = parts.thorough
    for attempt in (1, 2):
        yield Sources(tuple(passages))
        review = parts.review(passages, query.text, draft.language)
        try:
            async with aclosing(draft.show(review, edit(writer.write(query, passages, draft.language)))) as events:
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
            async with aclosing(draft.show(review, edit(extractive.write(query, passages, draft.language)))) as events:
                async for event in events:
                    yield event
    if draft.cited:
        draft.note_language()
