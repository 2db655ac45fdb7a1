"""What a question about an outline names: its slots, filled by rules. What it wants to know is told by intents.py."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.numerals import numbers
from service.language.rule import Rules, rules

MOST_STARS = 5
LONGEST_TOPIC = 40  # characters; what is longer is no topic but a question on the subject
GAP = re.compile(r"\s{2,}|[,;:?!。、]")
LATIN = re.compile(r"([a-z][\w-]*)\s+$")
WORD_END = re.compile(r"[a-z0-9]*")


@dataclass(frozen=True, slots=True)
class Stars:
    """A number of stars; `more` when entries with more are meant too."""

    number: int
    more: bool

    def allow(self, stars: int) -> bool:
        return stars == self.number or (self.more and stars > self.number)


@dataclass(frozen=True, slots=True)
class Leftover:
    """Words that no rule takes, spelt as in the question where that can be, and their search terms, each once."""

    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slots:
    """The values that a question names; `signs` are the keys of the rules that took something in it.

    `rest` is what no rule takes: words of a section's title, what entries are to mention, or the subject of a question
    that is not about an outline at all.
    """

    signs: frozenset[str]
    sections: tuple[int, ...] = ()
    entries: tuple[str, ...] = ()
    step: int = 0  # 1 for the entry after the one that is named, -1 for the one before
    stars: Stars | None = None
    answered: bool | None = None
    rest: tuple[Leftover, ...] = ()


def read(question: str, words: Words) -> Slots:
    """Fill the slots of a question; all are empty where it names nothing of an outline."""
    text = normalise(question)
    matches = {key: [*_taken(own, text)] for key, own in _rules().items()}
    sections = tuple(dict.fromkeys(n for taken in matches["section"] for n in taken.numbers))
    if len(sections) != 1:
        matches["place"] = []  # the eighth of what?
    rest = _without(text, [taken.span for found in matches.values() for taken in found])
    ids = _ids(text, rest, matches["id"], words)
    signs = frozenset(key for key, found in matches.items() if found and (ids or key != "id"))
    places = [f"{sections[0]}.{taken.numbers[0]}" for taken in matches["place"]]
    return Slots(
        signs=signs,
        sections=sections,
        entries=tuple(dict.fromkeys([*ids, *places])),
        step=("next" in signs) - ("previous" in signs),
        stars=_stars(matches["stars"], more="more" in signs),
        answered=False if "unanswered" in signs else True if "answered" in signs else None,
        rest=tuple(piece for part in GAP.split(rest) if (piece := _piece(question, part, words))),
    )


@cache
def _rules() -> dict[str, Rules]:
    """The rules by what they are for, those of all languages together."""
    every = tuple(rules("outline"))
    return {key: Rules(tuple(rule for rule in every if rule.key == key)) for key in {rule.key for rule in every}}


@dataclass(frozen=True, slots=True)
class Taken:
    """What a rule takes: its span, and the numbers that the match's groups hold, in order."""

    span: tuple[int, int]
    numbers: tuple[int, ...]


def _taken(own: Rules, text: str) -> Iterator[Taken]:
    """Yield what rules take; words after the last number of a list are not taken: section 5, which."""
    for match in own.matches(text):
        start, stop = match.span()
        if "n" not in match.re.groupindex:
            yield Taken((start, stop), ())
            continue
        found = [
            (n, match.start(group) + end)
            for group, part in enumerate(match.groups(), 1)
            if part
            for n, end in ([(len(part), len(part))] if part[0] == "★" else numbers(part))
        ]
        if found:
            tail = match.lastindex is not None and match.end(match.lastindex) == stop
            yield Taken((start, found[-1][1] if tail else stop), tuple(n for n, _ in found))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, stop in spans:
        text = f"{text[:start]}{' ' * (stop - start)}{text[stop:]}"
    return text


def _ids(text: str, rest: str, found: list[Taken], words: Words) -> list[str]:
    """The entries that are named by number; a number behind a name that no rule takes is a version: llama 3.1."""
    named = []
    for taken in found:
        before = LATIN.search(text[: taken.span[0]])
        name = before and rest[before.start(1) : before.end(1)].strip()
        if not name or words.asking.issuperset(words.terms(name)):
            named.append(".".join(map(str, taken.numbers)))
    return named


def _stars(found: list[Taken], more: bool) -> Stars | None:
    """The one number of stars that is asked for; with several, all are meant and counted apart."""
    if len(found) != 1:
        return None
    number = found[0].numbers[0]
    return Stars(number, more) if 1 <= number <= MOST_STARS else None


def _piece(question: str, part: str, words: Words) -> Leftover | None:
    """What stands from the first term of a part to its last; a lone Chinese character says something only alone."""
    terms = [term for term in dict.fromkeys(words.terms(part)) if term not in words.asking]
    terms = [term for term in terms if len(term) > 1 or term.isascii()] or (terms if len(part.strip()) == 1 else [])
    spans = [(at, at + len(term)) for term in terms if (at := part.find(term)) >= 0]
    if not spans or len(part) > LONGEST_TOPIC:
        return Leftover(part.strip(), tuple(terms)) if terms else None
    start, stop = min(spans)[0], max(stop for _, stop in spans)
    end = WORD_END.match(part, stop)  # a stem is the beginning of a word
    piece = part[start : end.end() if end else stop]
    at = question.lower().find(piece)
    return Leftover(question[at : at + len(piece)] if at >= 0 else piece, tuple(terms))
