"""Characters -> segments: what stands side by side on one line without a gap wider than a word's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from statistics import median
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ingest.read.pdf.chars import Char, Chars

GAP = 1.0  # of the characters' height: a wider one parts columns and cells
APART = 0.45  # the same between pieces that the file does not give one after the other
SHIFT = 0.55  # how far a raised or lowered character may be off its line's middle
TEXT, LEFT, RIGHT = attrgetter("text"), attrgetter("x0"), attrgetter("x1")
HEIGHT = attrgetter("y0", "y1", "size")
INNER = 0.2  # of a line's height, that may overlap with its neighbours'
Number = TypeVar("Number", float, NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Segment:
    """Characters in reading order, with their box in the frame in which they run to the right."""

    chars: tuple[Char, ...]
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    text: str
    level: bool  # all are of one size at one height, as in most lines: what is true of one is true of all

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def segment(chars: Sequence[Char]) -> Segment:
    """Make one of characters that are given in reading order; its height is that of the large ones."""
    return _segment(chars, min(map(LEFT, chars)), max(map(RIGHT, chars)), len({*map(HEIGHT, chars)}) == 1)


def _segment(chars: Sequence[Char], x0: float, x1: float, level: bool) -> Segment:
    held, first, text = tuple(chars), chars[0], "".join(map(TEXT, chars))
    if level:
        y0, y1, size = first.y0, first.y1, first.size
        least = greatest = (y0 + y1) / 2
    else:
        largest = max(char.size for char in chars)
        main = [char for char in chars if char.size >= 0.8 * largest]
        y0, y1, size = (median(part) for part in zip(*map(HEIGHT, main), strict=True))
        middles = [(char.y0 + char.y1) / 2 for char in chars]
        least, greatest = min(middles), max(middles)
    return Segment(held, x0, min(y0, least - 0.5), x1, max(y1, greatest + 0.5), size, text, level)


def segments_of(chars: Chars) -> list[Segment]:
    """Cut the characters of one way, in the order of the file, where the line or the gap says so."""
    held, (x0, y0, x1, y1, size) = chars.held, chars.columns
    larger, middle = np.maximum(size[1:], size[:-1]), y0 + y1
    follows = _follow(x0[1:] - x1[:-1], middle[1:] - middle[:-1], larger, GAP)
    other = (np.diff(y0) != 0) | (np.diff(y1) != 0) | (np.diff(size) != 0)
    if not held:
        return []
    ends = np.flatnonzero(np.concatenate([[True], ~follows, [True]]))
    uneven = {*np.searchsorted(ends, np.flatnonzero(other & follows) + 1).tolist()}  # the runs that others are in
    lefts, rights = np.minimum.reduceat(x0, ends[:-1]).tolist(), np.maximum.reduceat(x1, ends[:-1]).tolist()
    runs = enumerate(zip(pairwise(ends.tolist()), lefts, rights, strict=True), 1)
    return _joined([_segment(held[a:b], left, right, i not in uneven) for i, ((a, b), left, right) in runs])


def _follow(gap: Number, fall: Number, size: Number, widest: float) -> Any:
    """Whether what begins a gap after another, twice so much lower in the middle, stands beside it on its line."""
    return (gap >= -0.5 * size) & (gap <= widest * size) & (abs(fall) <= 2 * SHIFT * 0.9 * size)


def _joined(pieces: Sequence[Segment]) -> list[Segment]:
    """Join pieces that a file gives apart though they stand side by side."""
    rows: list[list[Segment]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.middle, piece.x0)):
        row = next((row for row in rows[-4:] if abs(row[0].middle - piece.middle) < 0.35 * row[0].size), None)
        if row is None:
            rows.append([piece])
        else:
            row.append(piece)
    return [one for row in rows for one in _beside(sorted(row, key=LEFT))]


def _beside(row: Sequence[Segment]) -> Iterator[Segment]:
    """Join the pieces of a row, from left to right, but where a gap parts them."""
    held = [row[0]]
    for piece in row[1:]:
        before, char = held[-1].chars[-1], piece.chars[0]
        fall, size = before.y0 + before.y1 - char.y0 - char.y1, max(before.size, char.size)
        if not _follow(char.x0 - before.x1, fall, size, APART):
            yield _whole(held)
            held = []
        held.append(piece)
    yield _whole(held)


def _whole(pieces: Sequence[Segment]) -> Segment:
    return pieces[0] if len(pieces) == 1 else segment([char for piece in pieces for char in piece.chars])
