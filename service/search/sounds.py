"""The documents' Chinese terms by how they sound."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from typing import Self

from ingest.index.bm25 import Postings

CHINESE = re.compile(r"[\u3400-\u9fff]{2,8}")
# What keyboards and accents mix up: flat and curled consonants, n and l, front and back endings.
_SAME = ((re.compile(r"^([zcs])h"), r"\1"), (re.compile("^n"), "l"), (re.compile("([aei]n)g$"), r"\1"))


@dataclass(frozen=True, slots=True)
class Sounds:
    """Terms by their syllables without what is mixed up, and by their pinyin written as one; the commonest first."""

    heard: dict[str, tuple[str, ...]]
    written: dict[str, str]

    @classmethod
    def of(cls, postings: Postings) -> Self:
        """Read the terms of an index, which takes a second where there are 50,000."""
        terms = sorted(filter(CHINESE.fullmatch, postings.vocabulary), key=lambda term: (postings.idf(term), term))
        heard: dict[str, tuple[str, ...]] = {}
        written: dict[str, str] = {}
        for term in terms:
            for syllables in readings(term):
                key = _heard(syllables)
                heard[key] = (*heard.get(key, ()), term)
                written.setdefault("".join(syllables), term)
        return cls(heard, written)

    def like(self, text: str) -> str | None:
        """Return the commonest term that sounds like a text and shares a character with it."""
        syllables = tuple(map(_usual, text))
        alike = (term for term in self.heard.get(_heard(syllables), ()) if _shared(term, text))
        # Where little is heard nothing is mixed up.
        return next((term for term in alike if len(text) > 2 or syllables in readings(term)), None)

    def spelt(self, word: str) -> str | None:
        """Return the commonest term whose pinyin a Latin word is."""
        return self.written.get(word.replace("ü", "v"))


def alike(one: str, other: str) -> bool:
    """Whether two texts sound alike, character by character, but for what is mixed up."""
    return _heard(tuple(map(_usual, one))) == _heard(tuple(map(_usual, other)))


def readings(text: str) -> list[tuple[str, ...]]:
    """Return the syllables of a Chinese text without tones, first as it is usually read; at most 8 readings."""
    from pypinyin import Style, lazy_pinyin, pinyin  # its tables take half a second to load

    usual = tuple(lazy_pinyin(text, v_to_u=False))
    each = pinyin(text, style=Style.NORMAL, heteronym=True)
    return list(dict.fromkeys((usual, *islice(product(*(options[:2] for options in each)), 7))))


@cache
def _usual(character: str) -> str:
    return readings(character)[0][0]


def _heard(syllables: tuple[str, ...]) -> str:
    return " ".join(map(_plain, syllables))


def _shared(one: str, other: str) -> bool:
    return any(a == b for a, b in zip(one, other, strict=False))


def _plain(syllable: str) -> str:
    for pattern, plain in _SAME:
        syllable = pattern.sub(plain, syllable)
    return syllable
