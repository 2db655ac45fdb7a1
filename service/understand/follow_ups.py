"""Make a follow-up stand alone: carry over what the conversation is about when the new question leans on it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.rule import rules

MARK = re.compile(r"\[\d+\]")
FEW = 3
CARRIED = 200  # characters of each message that a question leans on


@dataclass(frozen=True, slots=True)
class Message:
    """One earlier message, from the person ("user") or the service ("assistant")."""

    role: str
    content: str


def condense(question: str, history: Sequence[Message], words: Words) -> str:
    """Return the question to search for: itself when it stands alone, else preceded by what it leans on.

    Earlier questions are taken up to the last one that stands alone. A question with few words of its own, or
    that points at something listed ("the second step"), also takes the start of the last answer.
    """
    if not history or not leans(question, words):
        return question
    carried: list[str] = []
    for message in reversed([m for m in history if m.role == "user"]):
        carried.insert(0, message.content.strip())
        if not leans(message.content, words):
            break
    carried = [text[:CARRIED] for text in carried[-3:]]
    answers = [message.content for message in history if message.role == "assistant"]
    if answers and rules("listed").holds(normalise(question)):
        carried.append(MARK.sub("", answers[-1])[:CARRIED])
    return " ".join([*carried, question.strip()])


def leans(question: str, words: Words) -> bool:
    """Whether a question needs the conversation before it to be understood."""
    text = normalise(question).strip()
    return rules("leaning").holds(text) or len(words.vocabulary(text)) < FEW
