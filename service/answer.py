"""The story of an answer, from the question to the citation. Read it from top to bottom."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from service.draft import Draft
from service.events import Event, Question
from service.inquiry import Inquiry
from service.language import phrases
from service.language.length import LONGEST, bounded
from service.parts import Parts
from service.search.search import Hits
from service.tracing import span
from service.understand.conversation import Turn
from service.write.edit import Edit, edited
from service.write.facts import stated
from service.write.help import reply
from service.write.listed import unanswered
from service.write.writer import Statement


async def respond(question: Question, parts: Parts) -> AsyncGenerator[Event, None]:
    """Yield meta, sources, then text and citations as they are checked, last the whole answer."""
    question = replace(question, text=bounded(question.text, LONGEST))
    language = phrases.language(question.spoken, question.language)
    draft = Draft(question.text, language, parts.snapshot.manifest.version, parts.writer.name)
    yield draft.meta
    async with aclosing(_said(question, draft, parts)) as events:
        async for event in events:
            yield event
    yield draft.finish()


async def _said(question: Question, draft: Draft, parts: Parts) -> AsyncGenerator[Event, None]:
    """Understand the question, search, decide, and say what there is to say."""
    wording = phrases.wording(draft.language)
    if rule := await parts.guard.declined(question.text):
        yield draft.say("declined", wording.declined, rule)
        return
    turn = await parts.conversation.turn(question.text, question.history)
    draft.lap("condense")
    facts = await parts.outline.facts(turn)
    edit = edited(turn, question.history, parts.snapshot.pack.words)
    if facts and not facts.wants_answer:
        statement = await parts.work(stated, facts, parts.snapshot, draft.language)
        events = _told(statement, draft, parts, edit)
    elif facts or turn.question:
        # "what is the answer to 3.8" asks that entry's own question
        turn = replace(turn, question=facts.entries[0].question, alone="", carried=()) if facts else turn
        inquiry = Inquiry(question.scope, draft, parts)
        hits, verdict = await inquiry.meant(turn)
        draft.stand(verdict, hits.query.text, turn.carried if hits.query.asked != turn.alone else ())
        if verdict == "not_in_documents":
            told = reply("help", parts.snapshot, draft.language) if turn.kind == "help" else ""
            draft.relate(() if told else parts.searcher.related(hits.candidates))
            yield draft.help(told) if told else draft.say(verdict, wording.not_in_documents)
            return
        if verdict == "listed_unanswered":
            draft.relate(near := parts.searcher.related(hits.candidates[1:]))
            statement = await parts.work(unanswered, parts.snapshot, hits.candidates[0].chunk, near, draft.language)
            events = _told(statement, draft, parts, Edit())
        else:
            events = _answered(hits, turn, inquiry, draft, parts, edit)
    else:
        yield draft.help(reply(turn.kind, parts.snapshot, draft.language))
        return
    async with aclosing(events):
        async for event in events:
            yield event
    if not draft.cited:
        none = reply("more", parts.snapshot, draft.language) if turn.kind == "more" else ""
        yield draft.say("not_in_documents", none or wording.not_in_documents)
    elif turn.kind == "again" and parts.writer.name == parts.extractive.name:
        draft.note("other_words", wording.only_quotes)


def _told(statement: Statement, draft: Draft, parts: Parts, edit: Edit) -> AsyncGenerator[Event, None]:
    """Say what is the service's own to say, with the lines that it is read from."""
    return draft.show(parts.review(statement.passages, "", draft.language), edit(statement.dictate()))


async def _answered(
    hits: Hits, turn: Turn, inquiry: Inquiry, draft: Draft, parts: Parts, edit: Edit
) -> AsyncGenerator[Event, None]:
    """Let the writer write; what a language model does not deliver, or not soundly, the documents' own words do.

    If nothing of its answer is supported, other passages are searched for once, in other words.
    """
    query = hits.query
    if turn.asked != turn.question:
        query = await parts.work(query.following, turn.asked, parts.snapshot.pack.words)
    writer = parts.thorough if edit.thorough else parts.writer
    passages = await inquiry.passages(hits, turn.asked)
    passages = list(filter(edit.allows, passages)) or passages
    draft.relate(parts.searcher.related(hits.candidates, passages))
    for attempt in (1, 2):
        review = parts.review(passages, query.text, draft.language)
        with span("write", "CHAIN", outline_qa__writer=writer.name, outline_qa__attempt=attempt):
            async with aclosing(draft.show(review, edit(writer.write(query, passages, draft.language)))) as events:
                async for event in events:
                    yield event
        if draft.fault != "unsupported" or attempt == 2 or (others := await inquiry.again(hits)) is None:
            break
        passages = list(others) or passages
    if (reason := draft.fault) and writer.name != parts.extractive.name:
        draft.degrade(reason)
        if reason != "length" or not draft.cited:
            own = parts.extractive.write(query, passages, draft.language)
            with span("write", "CHAIN", outline_qa__writer=parts.extractive.name, outline_qa__instead=reason):
                async with aclosing(draft.show(review, edit(own))) as events:
                    async for event in events:
                        yield event
    if edit.excludes and not draft.cited:  # what was chosen is what was not wanted
        async with aclosing(draft.show(review, edit(parts.thorough.write(query, passages, draft.language)))) as events:
            async for event in events:
                yield event
    if draft.cited:
        draft.close(await parts.work(parts.further, query, draft.cited), parts.snapshot.pack.words)
