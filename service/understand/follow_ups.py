"""Make a follow-up stand alone: carry over what the conversation is about when the new question leans on it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.phrases import language, wording
from service.language.rule import rules
from service.understand.turn import names, shipped

MARK = re.compile(r"\[\d+\]")
CARRIED = 200  # characters of each message that a question leans on
MOST = 3  # questions that are carried
RARE = 0.5  # in general, of a word that is what a question is about


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
    """Return the earlier questions that a question leans on, oldest first: up to the last that stands alone.

    One on two things ("how do these two differ?") leans on two, unless that last one names both.
    """
    carried: list[str] = []
    wanted = 2 if rules("both").holds(normalise(question)) else 1
    for message in reversed([m for m in _pointed(question, history, words) if m.role == "user"]):
        carried.insert(0, message.content.strip())
        if not leaning(message.content):
            wanted -= 2 if rules("pair").holds(normalise(message.content[:CARRIED])) else 1
        if wanted <= 0:
            break
    return [text[:CARRIED] for text in carried[-MOST:]]


def swapped(question: str, history: Sequence[Message], words: Words, leaning: Callable[[str], bool]) -> str:
    """Return the question before with what it is about replaced by what a message names alone ("And BERT?").

    "" for a message that is none of these, or names an aspect of what was asked ("and its price?"). One that asks for
    others ("还有别的方法吗") becomes a question for those besides what was asked about.
    """
    before = " ".join(grounds(question, history, words, leaning))
    if others := rules("others").match(question.strip()):
        runs = [before[slice(*run)] for run in _runs(before, words)]
        thing = max(runs, key=lambda run: _likeness(run, "", words), default="")
        return wording(language(question, "auto")).others.format(thing=thing, kind=others["x"]) if thing else ""
    name = other_thing(question)
    plain = normalise(name)
    rare = [term for term in names(name, words) if term.isascii() or words.rarity(term) >= RARE]
    if not rare or rules("facet").holds(plain) or rules("leaning").holds(plain):
        return ""
    places = [run for run in _runs(before, words) if normalise(before[slice(*run)]) != plain]
    if not places:
        return ""
    start, stop = max(places, key=lambda run: _likeness(before[slice(*run)], name, words))
    return f"{before[:start]}{name}{before[stop:]}"


def other_thing(question: str) -> str:
    """Return what a message names that names one thing alone ("And BERT?"), "" for any other."""
    match = rules("instead").match(question.strip())
    return match["x"].strip() if match else ""


def leans(question: str, words: Words) -> bool:
    """Tell from its words alone whether a question needs the conversation before it to be understood."""
    kinds = shipped().kinds(question, words)
    return max(kinds, key=kinds.__getitem__) != "subject"


def _pointed(question: str, history: Sequence[Message], words: Words) -> Sequence[Message]:
    """The conversation up to where a question points back to, with the answer that was given there."""
    named = names(question, words) if rules("earlier").holds(normalise(question)) else []
    for place in range(len(history) - 1, -1, -1):
        own = names(history[place].content, words) if named and history[place].role == "user" else []
        if any(name in other for name in named for other in own if len(name) > 1):  # "the cache", of a KV cache
            return history[: place + 2]
    return history


def _runs(text: str, words: Words) -> list[tuple[int, int]]:
    """Where names stand in a text; those side by side and of one script are one. In English they have capitals."""
    low = text.lower()
    spans: list[tuple[int, int]] = []
    for term in names(text, words):
        match = re.search(rf"{re.escape(term)}[a-z]*", low) if len(low) == len(text) else None
        if match and not (text.isascii() and text[slice(*match.span())].islower()):
            spans.append(match.span())
    runs: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        beside = runs and not text[runs[-1][1] : start].strip(" -")
        if beside and text[runs[-1][1] - 1].isascii() == text[start].isascii():
            runs[-1] = (runs[-1][0], max(stop, runs[-1][1]))
        else:
            runs.append((start, stop))
    return runs


def _likeness(run: str, name: str, words: Words) -> tuple[int, bool, float]:
    """How well a name takes the place of another: by characters that both have, by script, by how rare that is."""
    shared = 0 if name.isascii() else len(set(run) & set(name))
    rarest = max((1.0 if term.isascii() else words.rarity(term) for term in names(run, words)), default=0.0)
    return shared, bool(name) and run.isascii() == name.isascii(), rarest
