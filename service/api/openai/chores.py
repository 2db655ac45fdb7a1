"""What chat programs ask on their own account, a title, tags, further questions: nothing for the documents."""

import json
import re
from collections.abc import Sequence

from ingest.words.text import normalise
from service.api.runtime import Bound
from service.language import phrases
from service.language.rule import rules
from service.understand.follow_ups import Message

TITLE = 40  # characters
NEXT = 3  # further questions
SAID = re.compile(r"^\W*(?:user|human|用户|使用者)\s*[:：]\s*[\"“]?(.+?)[\"”]?$", re.IGNORECASE | re.MULTILINE)
# Where the conversation begins that a program sends along.
QUOTED = re.compile(
    r"<chat_history>|<conversation_history>|^\W*(?:user|human|用户|使用者)\s*[:：]", re.IGNORECASE | re.MULTILINE
)
# The fields that programs want their JSON to have.
FIELD = re.compile(r'"(title|tags|follow_ups|queries|text)"\s*:')


async def chore(chat: Sequence[Message], bound: Bound) -> str | None:
    """Return what to say where a program asks by itself, None for a person's question.

    A title is the question, cut; further questions are entries nearby; a search query is the question. Each comes in
    the JSON that is asked for. Everything else is empty JSON, or turned down.
    """
    text = chat[-1].content
    order = QUOTED.split(text)[0]
    said = SAID.findall(text) or [turn.content for turn in chat[:-1] if turn.role == "user"]
    field = FIELD.search(order)
    structured = rules("chores").holds(normalise(text))
    if rules("titles").holds(normalise(order)) and (structured or said):
        return _title(said[0] if said else "", json_wanted=field is not None)
    if not structured:
        return None
    match field[1] if field else "":
        case "title":
            return _title(said[0] if said else "", json_wanted=True)
        case "queries":
            return _json({"queries": said[-1:]})
        case "follow_ups":
            return _json({"follow_ups": await _next(said, bound)})
        case "tags":
            return _json({"tags": []})
        case "text":
            return _json({"text": ""})
    questions = await _next(said, bound) if rules("further").holds(normalise(order)) else []
    if "json" in order.lower():
        return _json(questions)
    return "\n".join(questions) or phrases.wording(phrases.language(text, "auto")).declined


def _title(question: str, json_wanted: bool) -> str:
    subject = " ".join(question.split())
    title = subject if len(subject) <= TITLE else subject[: TITLE - 1] + "…"
    return _json({"title": title}) if json_wanted else title


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


async def _next(said: Sequence[str], bound: Bound) -> list[str]:
    """The entries nearest to the last question that have an answer, as questions."""
    if not said:
        return []
    searcher = bound.parts.searcher
    hits = await searcher.find(said[-1][-500:])
    known = {normalise(question) for question in said}
    near = [e.question for e in searcher.related(hits.candidates[1:]) if e.answered]
    return [question for question in near if normalise(question) not in known][:NEXT]
