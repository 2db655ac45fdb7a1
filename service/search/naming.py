"""Texts that are nearly equal, told apart by what a question names: of four like sections the one for step 20.

Fusion and a cross-encoder see near-equal texts as equally good; what differs is a number, a name, a negation.
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import PurePosixPath

from ingest.chunk import Chunk
from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.numerals import number
from service.search.retrieve import Candidate

# Texts are near when they share this much of their tokens, and of the pairs of neighbouring ones (Dice).
TOKENS, PAIRS = 0.75, 0.6
BITS = 4096
HEADING = 2  # what a heading has counts so many times what a text has

_HAN = r"\u3400-\u9fff"
_TOKEN = re.compile(
    rf"\d+(?:\.\d+)*|[〇零一二三四五六七八九十两]+|[^\W\d_{_HAN}]+|[{_HAN}]",
)
# "Plan B" and "A 区": a letter that is a name, unlike the article.
_LETTER = re.compile(rf"(?<=[a-z\d] )[A-Z](?![\w'])|(?<=[{_HAN}])\s?[A-Za-z](?![\w'])|(?<!\w)[A-Za-z](?=\s?[{_HAN}])")


@dataclass(frozen=True, slots=True)
class Spot:
    """A text, and what stands above it: the name of its document, titles, headings."""

    headings: str
    text: str


@dataclass(frozen=True, slots=True)
class Named:
    """What a question names that one of several texts has and not all have: in its headings, and anywhere."""

    headings: frozenset[str] = frozenset()
    anywhere: frozenset[str] = frozenset()

    @property
    def weight(self) -> int:
        return HEADING * len(self.headings) + len(self.anywhere)

    def outdoes(self, other: "Named") -> bool:
        """Whether this has all that the other has, and more.

        What a heading names is more than two characters that happen to meet in a text; a number or a word is not.
        """
        if self.headings > other.headings:
            alone = other.anywhere - self.anywhere
            return not any(token.isascii() for pair in alone for token in pair.split())
        return self != other and self.headings >= other.headings and self.anywhere >= other.anywhere


class Naming:
    """Reads texts with the words of an index, and keeps what it has read."""

    def __init__(self, words: Words) -> None:
        self._names = lru_cache(65_536)(lambda token: bool(words.terms(token)))
        self._units = lru_cache(4096)(self._read)

    def distinguish(self, question: str, spots: Sequence[Spot]) -> list[Named]:
        """Return what the question names of each text beyond what all of them have."""
        asked = self._units(question)
        above = [self._units(spot.headings) & asked for spot in spots]
        within = [one | (self._units(spot.text) & asked) for one, spot in zip(above, spots, strict=True)]
        common, shared = frozenset.intersection(*above), frozenset.intersection(*within)
        return [Named(one - common, every - shared) for one, every in zip(above, within, strict=True)]

    def apart(self, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Put first, among candidates with nearly equal texts, those that the question names; they are equally good.

        What another has all of and more is marked as outdone and takes a later one's place and score.
        """
        texts = [i for i, candidate in enumerate(candidates) if candidate.chunk.kind == "text"]
        ordered = [[candidate] for candidate in candidates]
        for crowd in crowds([candidates[i].chunk.focused for i in texts]):
            places = [texts[i] for i in crowd]
            named = self.distinguish(question, [spot(candidates[i].chunk) for i in places])
            if not any(own.weight for own in named):
                continue
            best = sorted(zip(places, named, strict=True), key=lambda member: -member[1].weight)
            lead = [i for i, own in best if own.weight and not any(other.outdoes(own) for other in named)]
            rest = [i for i, _ in best if i not in lead]
            for place in places:
                ordered[place] = []
            ordered[places[0]] = [replace(candidates[i], score=candidates[places[0]].score) for i in lead]
            for place, i in zip(places[len(lead) :], rest, strict=True):
                ordered[place] = [replace(candidates[i], score=candidates[place].score, outdone=True)]
        return [candidate for group in ordered for candidate in group]

    def place(self, question: str, places: Sequence[Chunk]) -> Chunk:
        """Return the place of an equal passage that the question names, the first where it names none."""
        named = self.distinguish(question, [spot(chunk) for chunk in places])
        return places[max(range(len(places)), key=lambda i: (named[i].weight, -i))]

    def _read(self, text: str) -> frozenset[str]:
        """The tokens that name something, and all pairs of such neighbours; a lone character is a part of a word."""
        tokens = [token for token in _tokens(text) if token.isupper() or self._names(token)]
        pairs = (f"{one} {other}" for one, other in pairwise(tokens))
        return frozenset(pairs).union(token for token in tokens if token.isascii() or len(token) > 1)


def crowds(texts: Sequence[str]) -> list[list[int]]:
    """Group the texts that are near the first of their group; return the groups of several, by index."""
    groups: list[list[int]] = []
    for i, text in enumerate(texts):
        group = next((group for group in groups if near(texts[group[0]], text)), None)
        if group is None:
            groups.append([i])
        else:
            group.append(i)
    return [group for group in groups if len(group) > 1]


def near(one: str, other: str) -> bool:
    """Whether two texts differ in a few words at most."""
    (tokens, pairs, bits), (others, beside, marks) = _shape(one), _shape(other)
    if 4 * (bits & marks).bit_count() < bits.bit_count() + marks.bit_count():
        return False  # far apart, as nearly all are
    return _dice(pairs, beside) >= PAIRS and _dice(tokens, others) >= TOKENS


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    total = len(one) + len(other)
    return 2 * len(one & other) / total if total else 0.0


def spot(chunk: Chunk) -> Spot:
    """Return a passage with what stands above it."""
    return Spot(" / ".join((PurePosixPath(chunk.document).stem, *chunk.headings)), chunk.focused)


@lru_cache(4096)  # the same passages answer many questions
def _shape(text: str) -> tuple[frozenset[str], frozenset[str], int]:
    """The distinct tokens, the distinct pairs of neighbours, and the latter as a set of bits, which compares fast."""
    tokens = _tokens(text)
    pairs = frozenset(f"{one} {other}" for one, other in pairwise(tokens))
    bits = 0
    for pair in pairs:
        bits |= 1 << zlib.crc32(pair.encode()) % BITS
    return frozenset(tokens), pairs, bits


def _tokens(text: str) -> list[str]:
    """Words, numbers, Chinese characters in reading order; numerals as digits, letters that are names as capitals."""
    folded = unicodedata.normalize("NFKC", text)
    parts: list[str] = []
    start = 0
    for letter in _LETTER.finditer(folded):
        parts += [*_words(folded[start : letter.start()]), letter[0].strip().upper()]
        start = letter.end()
    return parts + _words(folded[start:])


def _words(text: str) -> list[str]:
    found = _TOKEN.findall(normalise(text))
    return [token if (value := number(token)) is None else str(value) for token in found]
