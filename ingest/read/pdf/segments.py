"""Characters -> segments: what stands side by side on one line without a gap wider than a word's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median

from ingest.read.pdf.chars import Char

GAP = 1.0  # of the characters' height: a wider one parts columns and cells
APART = 0.45  # the same between pieces that the file does not give one after the other
SHIFT = 0.55  # how far a raised or lowered character may be off its line's middle
TEXT, LEFT, RIGHT = attrgetter("text"), attrgetter("x0"), attrgetter("x1")
HEIGHT = attrgetter("y0", "y1", "size")
INNER = 0.2  # of a line's height, that may overlap with its neighbours'


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

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def segment(chars: Sequence[Char]) -> Segment:
    """Make one of characters that are given in reading order; its height is that of the large ones."""
    x0, x1, first, text = min(map(LEFT, chars)), max(map(RIGHT, chars)), chars[0], "".join(map(TEXT, chars))
    if is_level(chars):
        middle = (first.y0 + first.y1) / 2
        return Segment(tuple(chars), x0, min(first.y0, middle - 0.5), x1, max(first.y1, middle + 0.5), first.size, text)
    size = max(char.size for char in chars)
    main = [char for char in chars if char.size >= 0.8 * size]
    y0, y1 = median(char.y0 for char in main), median(char.y1 for char in main)
    middles = [(char.y0 + char.y1) / 2 for char in chars]
    y0, y1 = min(y0, min(middles) - 0.5), max(y1, max(middles) + 0.5)
    return Segment(tuple(chars), x0, y0, x1, y1, median(char.size for char in main), text)


def is_level(chars: Iterable[Char]) -> bool:
    """Whether all are of one size at one height, as in most lines: what is then true of one is true of all."""
    return len({*map(HEIGHT, chars)}) == 1


def segments_of(chars: Iterable[Char]) -> list[Segment]:
    """Cut the characters of one way, in the order of the file, where the line or the gap says so."""
    runs: list[list[Char]] = []
    run: list[Char] = []
    last: Char | None = None
    for char in chars:
        if last and _follows(last, char):
            run.append(char)
        else:
            run = [char]
            runs.append(run)
        last = char
    return _joined([segment(run) for run in runs])


def _follows(before: Char, char: Char, gap: float = GAP) -> bool:
    size = before.size if before.size > char.size else char.size  # once a character: max is half the time
    if not -0.5 * size <= char.x0 - before.x1 <= gap * size:
        return False
    return abs((before.y0 + before.y1) - (char.y0 + char.y1)) <= 2 * SHIFT * size * 0.9


def _joined(pieces: Sequence[Segment]) -> list[Segment]:
    """Join pieces that a file gives apart though they stand side by side."""
    rows: list[list[Segment]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.middle, piece.x0)):
        row = next((row for row in rows[-4:] if abs(row[0].middle - piece.middle) < 0.35 * row[0].size), None)
        if row is None:
            rows.append([piece])
        else:
            row.append(piece)
    joined: list[Segment] = []
    for row in rows:
        if len(row) == 1:
            joined += row
            continue
        chars: list[Char] = []
        for piece in sorted(row, key=lambda piece: piece.x0):
            if chars and not _follows(chars[-1], piece.chars[0], APART):
                joined.append(segment(chars))
                chars = []
            chars += piece.chars
        joined.append(segment(chars))
    return joined
