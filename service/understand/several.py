"""The questions in a question that asks several things, told by rule: a sentence each, or a thing that is compared."""

import re
from collections.abc import Iterator, Sequence

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.rule import rules

MOST = 3
SENTENCE = re.compile(r"[^?!;。\n]+\??")


def questions_in(question: str, words: Words) -> list[str]:
    """Return up to MOST questions that can each be searched for; none where there is one alone."""
    found = list(_told([part for sentence in SENTENCE.findall(normalise(question)) for part in _cut(sentence)]))
    asked = [part for number, part in enumerate(found) if _asks(part) and _names(part, words, first=number == 0)]
    parts = list(dict.fromkeys(each for part in asked for each in _things(part) or [part]))
    return [part.strip("?") for part in parts[:MOST]] if len(parts) > 1 else []


def _cut(sentence: str) -> Iterator[str]:
    """Yield what comes before and after the words by which another question is added."""
    begin = 0
    for match in rules("added").matches(sentence):
        yield sentence[begin : match.start()].strip(" ,")
        begin = match.end()
    yield sentence[begin:].strip(" ,")


def _told(parts: Sequence[str]) -> Iterator[str]:
    """Yield parts; one that only names another thing asks of it what the part before asks of its own."""
    before: str | None = None
    for part in parts:
        same = rules("same").match(part)
        owner = rules("owner").match(before) if before and same else None
        before = f"{same['thing']}{before[owner.end('thing') :]}" if before and same and owner else part
        yield before


def _asks(part: str) -> bool:
    return part.endswith("?") or any(rules(group).holds(part) for group in ("asking", "choice", "joined"))


def _names(part: str, words: Words, first: bool) -> bool:
    """Whether a part says what it is about, and does not lean on the one before it."""
    leaning = rules("leaning").first(part)
    return bool(words.vocabulary(part) - words.asking) and (first or leaning is None or leaning.key != "back")


def _things(sentence: str) -> list[str]:
    """A question about each of the things that a sentence names side by side; none where it names one."""
    found = rules("joined").match(sentence)
    if found is None:
        return []
    things = [found[name] for name in ("a", "b", "c") if found[name]]
    return [f"{sentence[: found.start('a')]}{thing} {found['rest']}" for thing in things]
