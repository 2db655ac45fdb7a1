"""Characters -> segments: what stands side by side on one line without a gap wider than a word's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ingest.read.pdf.chars import Char

GAP = 1.0  # of the characters' height: a wider one parts columns and cells
APART = 0.45  # the same between pieces that the file does not give one after the other
SHIFT = 0.55  # how far a raised or lowered character may be off its line's middle
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

    @property
    def text(self) -> str:
        return "".join(char.text for char in self.chars)

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def segment(chars: Sequence[Char]) -> Segment:
    """Make one of characters that are given in reading order; its height is that of the large ones."""
    size = max(char.size for char in chars)
    main = [char for char in chars if char.size >= 0.8 * size]
    y0, y1 = median(char.y0 for char in main), median(char.y1 for char in main)
    middles = [(char.y0 + char.y1) / 2 for char in chars]
    return Segment(
        tuple(chars),
        min(char.x0 for char in chars),
        min(y0, min(middles) - 0.5),
        max(char.x1 for char in chars),
        max(y1, max(middles) + 0.5),
        median(char.size for char in main),
    )


def segments_of(chars: Iterable[Char]) -> list[Segment]:
    """Cut the characters of one way, in the order of the file, where the line or the gap says so."""
    runs: list[list[Char]] = []
    for char in chars:
        if runs and _follows(runs[-1][-1], char):
            runs[-1].append(char)
        else:
            runs.append([char])
    return _joined([segment(run) for run in runs])


def _follows(before: Char, char: Char, gap: float = GAP) -> bool:
    size = before.size if before.size > char.size else char.size  # once a character: max is half the time
    shift = abs((before.y0 + before.y1) - (char.y0 + char.y1)) / 2
    return shift <= SHIFT * size * 0.9 and -0.5 * size <= char.x0 - before.x1 <= gap * size


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
        chars: list[Char] = []
        for piece in sorted(row, key=lambda piece: piece.x0):
            if chars and not _follows(chars[-1], piece.chars[0], APART):
                joined.append(segment(chars))
                chars = []
            chars += piece.chars
        joined.append(segment(chars))
    return joined
