"""What is asked by the messages of a chat: the last of the person's, after as much of the others as is read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service import events as pipeline
from service.understand.follow_ups import Message

# Of what was said before: messages, characters of each, and of all of them.
MESSAGES, CHARACTERS, HISTORY = 50, 20_000, 60_000
# Of a question: what is read whole, and what is read of one that is longer.
QUESTION, PART = 2000, 500
ASKED = re.compile(r"[?？]")
BREAK = re.compile(r"[。！？!?\n]|\.\s")
# How chat programs put what they found themselves around a question: the question stands in a tag, or after the rest.
FRAME = re.compile(r"<user_query>\s*(.+?)\s*</user_query>", re.DOTALL)
CONTEXT = re.compile(r"<context>.*</context>\s*(.+)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what was said before; `part`: it is too long, and only a part of it is read."""

    question: pipeline.Question
    part: bool = False


def spoken(turns: Sequence[Message]) -> list[Message]:
    """Return what was said up to the person's last message, without what a program put around a question."""
    said = [Message(turn.role, _framed(turn.content)) for turn in turns]
    while said and said[-1].role != "user":
        said.pop()
    return said


def asked(said: Sequence[Message]) -> Asked:
    """Return the last question of a chat; its text is empty where nothing is asked."""
    text = said[-1].content.strip() if said else ""
    read = text if len(text) <= QUESTION else _part(text)
    return Asked(pipeline.Question(read, _history(said[:-1])), part=read != text)


def _framed(text: str) -> str:
    found = FRAME.search(text) or CONTEXT.search(text)
    return found[1].strip() if found else text


def _part(text: str) -> str:
    """The end of a long message, or its beginning where only that asks; whole sentences where there are any."""
    head, tail = text[:PART], text[-PART:]
    if ASKED.search(head) and not ASKED.search(tail):
        return head[: [*BREAK.finditer(head)][-1].end()].strip()
    first = BREAK.search(tail, 0, PART - 1)
    return tail[first.end() :].strip() or tail if first else tail


def _history(said: Sequence[Message]) -> list[Message]:
    """What was said before, as much as is read; the oldest is left out."""
    history: list[Message] = []
    room = HISTORY
    for turn in reversed([turn for turn in said if turn.content.strip()][-MESSAGES:]):
        room -= len(turn.content[:CHARACTERS])
        if room < 0:
            break
        history.insert(0, Message(turn.role, turn.content[:CHARACTERS]))
    # An answer without its question would be read as the start of the conversation.
    while history and history[0].role == "assistant":
        history.pop(0)
    return history
