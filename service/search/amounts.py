"""What amount a question asks for: money, time, a length, so many of a kind; and which texts give one."""

from __future__ import annotations

import re
from collections.abc import Callable

from ingest.words.text import normalise
from service.language.numerals import CHINESE, WORDS
from service.language.rule import rules

Gives = Callable[[str], bool]
# Where none is given, other words may answer: "when it boils", "8K", "in half of them", a list that is not counted.
LOOSE = frozenset({"date", "length", "share"})
MEASURES = frozenset("张本人名位台页辆间瓶片户家所")  # what is counted so is not told by a list
_NUMBER = rf"(?:\d|[{''.join(CHINESE)}百千万]|\b(?:{'|'.join(WORDS)})\b)"
_CLAUSE = re.compile(r"[,;:!?。、] *[^ ?!。]")
_CELL = re.compile(r"\|\s*[\d.,]+\s*\|")  # the column says of what


def amount(question: str) -> Gives | None:
    """Return what tells whether a text gives an amount of the kind that is asked for; None where none is."""
    asked = normalise(question)
    given = _given(_kinds(asked)) + [_counted(unit) for unit in _units(asked)]
    return _any(given) if given else None


def needed(question: str) -> Gives | None:
    """Return the same where nothing but such an amount would be an answer."""
    asked = normalise(question).strip()
    if _CLAUSE.search(asked):  # something else is asked, or told, besides
        return None
    kinds = _kinds(asked)
    given = _given(kinds) + [_counted(unit) for unit in _units(asked) if unit in MEASURES]
    return _any([*given, _CELL]) if given and not kinds & LOOSE else None


def _kinds(asked: str) -> set[str]:
    return {rule.key for rule in rules("amount_asked") if rule.pattern.search(asked)}


def _units(asked: str) -> list[str]:
    return [match["unit"] for match in rules("count_asked").matches(asked)]


def _given(kinds: set[str]) -> list[re.Pattern[str]]:
    return [rule.pattern for rule in rules("amount_given") if rule.key in kinds]


def _any(patterns: list[re.Pattern[str]]) -> Gives:
    def gives(text: str) -> bool:
        plain = normalise(text)
        return any(pattern.search(plain) for pattern in patterns)

    return gives


def _counted(unit: str) -> re.Pattern[str]:
    """A number and what it counts: a measure word at once, an English word with at most two before it.

    In a text of another language any word may be what is counted.
    """
    if not unit.isascii():
        return re.compile(_NUMBER + rf" ?{unit}|\b\d+ [a-z]")
    stem = re.escape(re.sub(r"(?:ies|y|es|s)$", "", unit))
    return re.compile(_NUMBER + rf"\d*(?: [a-z-]+){{0,2}} {stem}|{_NUMBER} ?[\u4e00-\u9fff]")
