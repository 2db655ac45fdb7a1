"""Slips of the pen and homophones: a word that the documents do not have, put as the one of theirs that was meant.

No dictionary of mistakes: the documents' own words are what a slip is told by. Words that they have stay as they are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock

from ingest.index.snapshot import Snapshot
from ingest.index.wording import Wording
from ingest.words.text import simplified, standard
from service.search.lexicon import Lexicon
from service.search.sounds import Sounds, alike

LATIN = re.compile(r"(?<![A-Za-z0-9_.\-/<'])[A-Za-z]{4,}(?![A-Za-z0-9_\-/(='’]|\.\w)")  # no part of an identifier
RUN = re.compile(r"[\u3400-\u9fff]{2,}")
# Letters, from which on a word may lack a letter or have one too many, have a wrong one, have two slips.
LONG, LONGER, LONGEST = 8, 9, 11
WIDEST = 8  # characters of a Chinese slip
# Rarity of each character in a slip of two, of both, of the rarer one: 做/用 stand side by side without one.
COMMON, RARE, SELDOM = 0.06, 0.25, 0.1
ODD = 0.5  # rarity of a word that may be none: 大显, where 太大|显存 was meant


class Spelling:
    """Reads the slips in questions to one snapshot; what it looks words up in is made when first needed."""

    def __init__(self, snapshot: Snapshot, lexicon: Lexicon) -> None:
        self._snapshot, self._lexicon, self._words = snapshot, lexicon, lexicon.words
        self._lock = Lock()
        self._sounds: Sounds | None = None
        self._worded: Wording | None = None
        self._latin: dict[str, str] | None = None

    def warm(self) -> None:
        """Make what words are looked up in, unless it is there."""
        self._made()
        self._spellings()

    def mended(self, text: str) -> str:
        """Return a question with its slips mended; itself where there are none."""
        words = self._regional(text)
        words = LATIN.sub(lambda match: self._latin_word(match, words), words)
        mended = RUN.sub(lambda match: self._run(match.group()), simplified(words))
        return mended if mended != simplified(text) else text

    def _regional(self, text: str) -> str:
        """Return a text in traditional characters with the mainland's words where the documents have those: 代码."""
        if simplified(text) == text:
            return text
        other = standard(text)
        return other if self._covered(other) > self._covered(text) else text

    def _covered(self, text: str) -> int:
        terms = {t for t in self._words.terms(text) if len(t) > 1 and self._lexicon.specificity(t)}
        return sum(len(t) for t in terms)

    def _latin_word(self, match: re.Match[str], text: str) -> str:
        word = match.group()
        terms = self._words.terms(word)
        if not terms or all(self._lexicon.has(term) for term in terms):
            return word
        if word.islower() and not self._english(text) and (meant := self._made().spelt(word)):
            return meant
        lower, own = word.lower(), self._spellings()
        if lower in own:
            return word
        inner = word != lower and word != word.capitalize()  # names are close to one another: LoHa is no slip for LoRA
        near = [other for other in own if other[0] == lower[0] and distance(lower, other, 2) <= 2]
        for other in sorted(near, key=lambda other: distance(lower, other, 2)):
            if _slip(lower, other, inner) or (not inner and self._beside(lower, other, text[match.end() :])):
                return other if word == lower else own[other]
        return word

    def _english(self, text: str) -> bool:
        """Whether a text has an English word that carries no meaning: then "change" is no pinyin."""
        return not all(map(self._words.terms, re.findall("[A-Za-z]+", text)))

    def _beside(self, word: str, other: str, rest: str) -> bool:
        """Whether the documents have a word, off by one letter, before the one that follows in the question."""
        following = re.match(r"\s+([A-Za-z]{3,})", rest)
        return following is not None and distance(word, other, 1) == 1 and self._stands(f"{other} {following[1]}")

    def _stands(self, text: str) -> bool:
        return self._wording().stands(text)

    def _run(self, run: str) -> str:
        """Mend the Chinese words of a text without spaces, the longest first."""
        pieces = self._words.segments(run)
        if all(len(piece) > 1 and piece in self._lexicon.vocabulary for piece in pieces):
            return run
        spans = sorted(_spans(pieces), key=lambda span: span.start - span.stop)
        mended, taken = list(run), set[int]()
        for span in spans:
            places = range(span.start, span.stop)
            if taken.isdisjoint(places) and (meant := self._meant(run[span.start : span.stop], span)):
                mended[span.start : span.stop] = [meant, *[""] * (len(meant) - 1)]
                taken.update(places)
        for start, stop in self._across(pieces):
            if taken.isdisjoint(range(start, stop)):
                mended[start], mended[stop - 1] = f" {mended[start]}", f"{mended[stop - 1]} "
                taken.update(range(start, stop))
        return "".join(mended)

    def _meant(self, text: str, span: "_Span") -> str | None:
        """Return the term that a few pieces of a question sound like, or are with two characters changed round."""
        single = [piece for piece in span.pieces if len(piece) == 1]
        if not single or text in self._lexicon.vocabulary or not any(map(self._words.terms, span.pieces)):
            return None  # nor is 什么是 a slip, of whose words none means anything
        meant = self._made().like(text)
        if meant is None and len(single) == len(text) > 2:
            swaps = (text[:i] + text[i + 1] + text[i] + text[i + 2 :] for i in range(len(text) - 1))
            meant = next((swap for swap in swaps if swap in self._lexicon.vocabulary), None)
        if meant is None and len(single) == len(text) > 2:
            meant = self._heard(text)
        if meant is None or (len(text) == 2 and not self._odd(meant, single, span)):
            return None
        return None if self._stands(text) else meant

    def _heard(self, text: str) -> str | None:
        """Return what the documents have for a text of which one character sounds like another: words in no list."""
        rarity = [self._words.rarity(letter) if self._words.terms(letter) else 0.0 for letter in text]
        if min(rarity) < COMMON or sum(rarity) < RARE * len(text) / 2:
            return None
        return next((other for other in self._wording().like(text) if alike(other, text)), None)

    def _odd(self, meant: str, characters: Sequence[str], span: "_Span") -> bool:
        """Whether two characters rarely stand alone, or one seldom does and the context is that of a term."""
        rarity = [self._words.rarity(piece) if self._words.terms(piece) else 0.0 for piece in characters]
        if min(rarity) >= COMMON and sum(rarity) >= RARE:
            return True
        return max(rarity) >= SELDOM and self._within(meant, span)

    def _within(self, meant: str, span: "_Span") -> bool:
        """Whether a term stands in the documents beside what it stands beside in the question: 困惑 before 度."""
        around = (f"{span.before}{meant}" if span.before else "", f"{meant}{span.after}" if span.after else "")
        beside = [piece for piece in (span.before, span.after) if piece and self._words.terms(piece)]
        return any(self._stands(text) for text in around if text and any(piece in text for piece in beside))

    def _across(self, pieces: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Yield where the documents' terms lie across a word that they do not have: 显存 in 大显|存放."""
        run, start = "".join(pieces), 0
        for piece in pieces:
            stop = start + len(piece)
            if len(piece) > 1 and self._words.rarity(piece) > ODD and not self._lexicon.has(piece):
                for size in (4, 3, 2):
                    for at in range(max(0, start - size + 1), min(stop, len(run) - size + 1)):
                        crosses = not start <= at < at + size <= stop
                        if crosses and run[at : at + size] in self._lexicon.vocabulary:
                            yield at, at + size
            start = stop

    def _made(self) -> Sounds:
        with self._lock:
            if self._sounds is None:
                self._sounds = Sounds.of(self._snapshot.postings)
            return self._sounds

    def _wording(self) -> Wording:
        with self._lock:
            if self._worded is None:
                self._worded = self._snapshot.wording or Wording.of(chunk.indexed for chunk in self._snapshot.chunks)
            return self._worded

    def _spellings(self) -> dict[str, str]:
        """The documents' Latin words, as they are written most often."""
        wording = self._wording()
        with self._lock:
            if self._latin is None:
                self._latin = {word.lower(): word for word in wording.latin}
            return self._latin


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters are missing, added, changed or changed round; more than `most` for any more than that.

    The restricted Damerau-Levenshtein distance (Damerau, A technique for computer detection and correction of spelling
    errors, 1964).
    """
    other = other.lower()
    if abs(len(one) - len(other)) > most:
        return most + 1
    before, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row = row, [i]
        for j, b in enumerate(other, 1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and (a, one[i - 2]) == (other[j - 2], b):
                least = min(least, before[j - 2] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
        before = last
    return row[-1]


def _slip(word: str, other: str, name: bool) -> bool:
    """Whether a word differs from another as slips of the pen do, not as words and names do: produce, product."""
    if _swapped(word, other):
        return True
    far = distance(word, other, 2)
    if name or far > (2 if len(word) >= LONGEST else 1):
        return False
    return len(word) >= (LONGER if len(word) == len(other) else LONG)


def _swapped(one: str, other: str) -> bool:
    """Whether two words differ by two neighbouring letters changed round."""
    differ = [i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
    return len(one) == len(other) and len(differ) == 2 and differ[1] == differ[0] + 1 and sorted(one) == sorted(other)


@dataclass(frozen=True, slots=True)
class _Span:
    """Neighbouring pieces of a text, where they lie in it, and those beside them."""

    start: int
    stop: int
    pieces: Sequence[str]
    before: str
    after: str


def _spans(pieces: Sequence[str]) -> Iterator[_Span]:
    starts = [0, *accumulate(map(len, pieces))]
    sides = ["", *pieces, ""]
    for first in range(len(pieces)):
        for last in range(first + 1, len(pieces) + 1):
            if 2 <= starts[last] - starts[first] <= WIDEST:
                yield _Span(starts[first], starts[last], pieces[first:last], sides[first], sides[last + 1])
