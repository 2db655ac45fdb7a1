"""Make a follow-up stand alone: carry over what the conversation is about when the new question leans on it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.rule import rules
from service.understand.turn import names, shipped

MARK = re.compile(r"\[\d+\]")
CARRIED = 200  # characters of each message that a question leans on
MOST = 3  # questions that are carried


@dataclass(frozen=True, slots=True)
class Message:
    """One earlier message, from the person ("user") or the service ("assistant")."""

    role: str
    content: str


def condense(question: str, history: Sequence[Message], words: Words) -> str:
    """Return the question to search for: itself when it stands alone, else preceded by what it leans on."""
    if not history or not leans(question, words):
        return question
    return carry(question, history, words, lambda text: leans(text, words))


def carry(question: str, history: Sequence[Message], words: Words, leaning: Callable[[str], bool]) -> str:
    """Precede a question by what it leans on: the earlier ones, up to the last that stands alone.

    One that points further back ("the cache from before") leans on the latest that names what it names. One that points
    at something listed ("the second step") also takes the start of the answer.
    """
    carried = grounds(question, history, words, leaning)
    answers = [message.content for message in _pointed(question, history, words) if message.role == "assistant"]
    if answers and rules("listed").holds(normalise(question)):
        carried.append(MARK.sub("", answers[-1])[:CARRIED])
    return " ".join([*carried, question.strip()])


def grounds(question: str, history: Sequence[Message], words: Words, leaning: Callable[[str], bool]) -> list[str]:
    """Return the earlier questions that a question leans on, oldest first: up to the last that stands alone."""
    carried: list[str] = []
    for message in reversed([m for m in _pointed(question, history, words) if m.role == "user"]):
        carried.insert(0, message.content.strip())
        if not leaning(message.content):
            break
    return [text[:CARRIED] for text in carried[-MOST:]]


def leans(question: str, words: Words) -> bool:
    """Tell from its words alone whether a question needs the conversation before it to be understood."""
    kinds = shipped().kinds(question, words)
    return max(kinds, key=kinds.__getitem__) != "subject"


def _pointed(question: str, history: Sequence[Message], words: Words) -> Sequence[Message]:
    """The conversation up to where a question points back to, with the answer that was given there."""
    named = set(names(question, words)) if rules("earlier").holds(normalise(question)) else set()
    for place in range(len(history) - 1, -1, -1):
        if history[place].role == "user" and not named.isdisjoint(names(history[place].content, words)):
            return history[: place + 2]
    return history
