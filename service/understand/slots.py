"""What a question about an outline names: its slots, filled by rules. What it wants to know is told by intents.py."""

import re
from dataclasses import dataclass
from functools import cache

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.numerals import number
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
    matches = {key: list(own.matches(text)) for key, own in _rules().items()}
    rest = _without(text, [match.span() for found in matches.values() for match in found])
    ids = _ids(text, rest, matches["id"], words)
    signs = frozenset(key for key, found in matches.items() if found and (ids or key != "id"))
    return Slots(
        signs=signs,
        sections=tuple(dict.fromkeys(n for match in matches["section"] for n in _numbers(match))),
        entries=tuple(dict.fromkeys([*ids, *map(_place, matches["place"])])),
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


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, stop in spans:
        text = f"{text[:start]}{' ' * (stop - start)}{text[stop:]}"
    return text


def _numbers(match: re.Match[str]) -> list[int]:
    """The numbers that a match's groups hold, in order; groups that take part in none are None."""
    found = [group for group in match.groups() if group]
    return [n for word in re.findall(r"[a-z]+|[^\W_a-z]+", " ".join(found)) if (n := number(word)) is not None]


def _place(match: re.Match[str]) -> str:
    """The entry's number for its place: 3.8 for the eighth of section three."""
    groups = {name[0]: group for name, group in match.groupdict().items() if group}
    return f"{number(groups['n'])}.{number(groups['m'])}"


def _ids(text: str, rest: str, found: list[re.Match[str]], words: Words) -> list[str]:
    """The entries that are named by number; a number behind a name that no rule takes is a version: llama 3.1."""
    named = []
    for match in found:
        before = LATIN.search(text[: match.start()])
        name = before and rest[before.start(1) : before.end(1)].strip()
        if not name or words.asking.issuperset(words.terms(name)):
            named.append(f"{int(match['n'])}.{int(match['m'])}")
    return named


def _stars(found: list[re.Match[str]], more: bool) -> Stars | None:
    """The one number of stars that is asked for; with several, all are meant and counted apart."""
    if len(found) != 1:
        return None
    sign = found[0].groupdict().get("s")
    numbers = [len(sign)] if sign else _numbers(found[0])
    return Stars(numbers[0], more) if numbers and 1 <= numbers[0] <= MOST_STARS else None


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
