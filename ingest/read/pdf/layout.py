"""Segments -> the regions of a page in reading order: columns of lines, and tables.

A recursive XY-cut (Nagy and Seth, Hierarchical representation of optically scanned documents, 1984): a band of a page
through which a gutter runs is columns, if what stands in them fills their width, and a table if it does not.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

from ingest.read.pdf.chars import Char, Chars
from ingest.read.pdf.rules import Grid
from ingest.read.pdf.segments import INNER, Segment, segment, segments_of

GUTTER = 0.8  # of the text's height
FILLED = 0.6  # of a column's width, that lines of prose fill on the mean
WIDE = 16  # letters of a line of prose, Chinese ones counted twice
WRAPPED = 3  # letters' widths before a gutter, in which lines of a column end
AHEAD = 2  # strips above a band that may belong to one of its columns
PARTED = 2.5  # lines' heights between rows, past which a band ends
MARK = re.compile(r"(?:[•◦▪‣·●○■□–—*-]|\(?\d{1,3}[.)、．]|[(（]\d{1,3}[)）]|[a-zA-Z][.)])")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, each of lines; `edges` are where the columns begin and end."""

    rows: tuple[tuple[tuple[Segment, ...], ...], ...]
    x0: float
    y0: float
    x1: float
    y1: float
    edges: tuple[float, ...]

    @property
    def size(self) -> float:
        return median(line.size for row in self.rows for cell in row for line in cell)


@dataclass(frozen=True, slots=True)
class Column:
    """Lines from top to bottom; `right` is where the longest ends."""

    lines: tuple[Segment, ...]
    left: float
    right: float


Reach = tuple[float, float]  # from left to right
Item = Segment | Table
Region = Column | Table


def regions(chars: Chars, grids: Sequence[Grid]) -> list[Region]:
    """Return the regions of a page in reading order, from its upright characters."""
    items: list[Item] = []
    rest = chars
    for grid in sorted(grids, key=lambda grid: (grid.ys[-1] - grid.ys[0]) * (grid.xs[-1] - grid.xs[0])):
        inside = is_inside(rest, grid)
        if table := _ruled(rest.where(inside).held, grid):
            rest = rest.where(~inside)
            items.append(table)
    return list(_merged(_regions([*items, *segments_of(rest)])))


def is_inside(chars: Chars, grid: Grid) -> NDArray[np.bool_]:
    """Say of each character whether its middle is within a grid."""
    x0, y0, x1, y1, _ = chars.columns
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    inside: NDArray[np.bool_] = (grid.xs[0] < x) & (x < grid.xs[-1]) & (grid.ys[0] < y) & (y < grid.ys[-1])
    return inside


def _ruled(chars: Sequence[Char], grid: Grid) -> Table | None:
    """Put characters into the cells of a grid; None where fewer than two rows and columns hold any."""
    cells: dict[tuple[int, int], list[Char]] = {}
    for char in chars:
        x = bisect_right(grid.xs, (char.x0 + char.x1) / 2) - 1
        y = bisect_right(grid.ys, (char.y0 + char.y1) / 2) - 1
        cells.setdefault((y, x), []).append(char)
    columns = sorted({column for _, column in cells})
    lines: dict[tuple[int, int], tuple[Segment, ...]] = {
        place: tuple(_lines(segments_of(Chars.of(held)))) for place, held in cells.items()
    }
    rows: list[tuple[tuple[Segment, ...], ...]] = []
    for number in range(len(grid.ys) - 1):
        cut = tuple(lines.get((number, column), ()) for column in columns)
        if any(cut):
            rows += _unruled(cut) if len(grid.ys) <= 4 else [cut]
    if len(columns) < 2 or len(rows) < 2:
        return None
    edges = tuple(grid.xs[column] for column in columns)
    return Table(tuple(rows), grid.xs[0], grid.ys[0], grid.xs[-1], grid.ys[-1], edges)


def _unruled(row: tuple[tuple[Segment, ...], ...]) -> list[tuple[tuple[Segment, ...], ...]]:
    """Part a row of a grid with lines around all its rows alone: as many lines in each cell are as many rows."""
    heights = {len(cell) for cell in row}
    if len(heights) == 1 and len(row) > 2 and (height := heights.pop()) > 2:
        return [tuple((cell[i],) for cell in row) for i in range(height)]
    return [row]


def _regions(items: Sequence[Item]) -> Iterator[Region]:
    strips = _strips(items)
    if items and max(item.x0 for item in items) < min(item.x1 for item in items):  # one upright line crosses them all
        for strip in strips:
            yield from _plain(strip)
        return
    at = 0
    while at < len(strips):
        stop, gutters = _band(strips, at)
        if gutters and len(strips[at]) == 1 and len(_band(strips, at + 1)[1]) > len(gutters):
            stop, gutters = at + 1, []  # a line above a table, of whose columns it hides some
        band = [item for strip in strips[at:stop] for item in strip]
        if not gutters:
            yield from _plain(band)
        elif _is_prose(band, gutters):
            for part in _parts(band, gutters):
                yield from _regions(part)
        else:
            yield from _aligned(strips[at:stop], gutters)
        at = stop


def _strips(items: Sequence[Item]) -> list[list[Item]]:
    """Part items where a level line crosses none of them."""
    strips: list[list[Item]] = []
    reach = 0.0
    for item in sorted(items, key=lambda item: item.y0):
        inset = INNER * min(item.size, item.y1 - item.y0)
        if strips and item.y0 + inset < reach:
            strips[-1].append(item)
        else:
            strips.append([item])
            reach = 0.0
        reach = max(reach, item.y1 - inset)
    return strips


def _taken(spans: Sequence[Reach], items: Sequence[Item]) -> list[Reach]:
    """Add what items take to spans that do not meet, from left to right."""
    for item in items:
        x0, x1 = item.x0, item.x1
        met = [span for span in spans if span[0] <= x1 and x0 <= span[1]]
        whole = (min(x0, *(a for a, _ in met)), max(x1, *(b for _, b in met))) if met else (x0, x1)
        spans = sorted([*(span for span in spans if span not in met), whole])
    return list(spans)


def _gutters(spans: Sequence[Reach], least: float) -> list[Reach]:
    """Return what the spans leave free between them, where it is at least so wide."""
    return [(a[1], b[0]) for a, b in pairwise(spans) if b[0] - a[1] >= least]


def _band(strips: Sequence[Sequence[Item]], start: int) -> tuple[int, list[Reach]]:
    """Return where the strips from `start` on end that share a gutter, and the gutters; without one a strip alone."""
    spans: list[Reach] = []
    best: list[Reach] = []
    stop = start + 1
    bottom = body = 0.0
    for index in range(start, len(strips)):
        strip = strips[index]
        size = min([item.size for item in strip])
        top = min([item.y0 for item in strip])
        if spans and top - bottom > PARTED * size:
            break
        spans = _taken(spans, strip)
        gutters = _gutters(spans, GUTTER * size)
        if best and (not gutters or _is_below(strips[index:], gutters[0], body)):
            break
        bottom = max(item.y1 for item in strip)
        if gutters:
            best, stop = gutters, index + 1
            body = body or median(item.size for item in strip)
        elif index - start >= AHEAD:
            break
    return stop, best


def _is_below(strips: Sequence[Sequence[Item]], gutter: Reach, body: float) -> bool:
    """Whether a heading or table stands below columns: nothing beyond the gutter any more, nor lines that end at it."""
    first = strips[0]
    if not any(isinstance(item, Table) or item.size > 1.12 * body for item in first):
        return False
    rest = [item for strip in strips for item in strip]
    if any(item.x0 >= gutter[1] for item in rest):
        return False
    lines = [item for item in rest if isinstance(item, Segment) and item.size <= 1.12 * body]
    return isinstance(first[0], Table) or not any(item.x1 > gutter[0] - WRAPPED * body for item in lines)


def _parts(items: Sequence[Item], gutters: Sequence[Reach]) -> list[list[Item]]:
    parts: list[list[Item]] = [[] for _ in range(len(gutters) + 1)]
    for item in items:
        parts[sum(item.x0 >= right - 0.01 for _, right in gutters)].append(item)
    return parts


def _is_prose(items: Sequence[Item], gutters: Sequence[Reach]) -> bool:
    if len(gutters) > 3:
        return False
    for part in _parts(items, gutters):
        lines = _lines([item for item in part if isinstance(item, Segment)])
        if any(isinstance(item, Table) for item in part):
            continue
        width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
        filled = fmean((line.x1 - line.x0) / width for line in lines)
        letters = fmean(map(_letters, lines))
        if len(lines) < 3 or filled < FILLED or letters < WIDE:
            return False
    return True


def _letters(line: Segment) -> int:
    """Count letters, Chinese ones twice."""
    return len(line.text) + (0 if line.text.isascii() else sum(char > "\u2e80" for char in line.text))


def _aligned(strips: Sequence[Sequence[Item]], gutters: Sequence[Reach]) -> Iterator[Region]:
    """Make a table of rows whose cells stand below each other; of too few, or of a list's marks, lines."""
    full = [i for i, strip in enumerate(strips) if len(strip) > 1]
    items = [item for strip in strips for item in strip]
    marks = all(MARK.fullmatch(item.text) for item in _parts(items, gutters)[0] if isinstance(item, Segment))
    enough = len(full) >= (3 if len(gutters) == 1 else 2)
    if marks or not enough or any(isinstance(item, Table) for item in items):
        yield from _plain(items)
        return
    yield from _plain([item for strip in strips[: full[0]] for item in strip])
    rows: list[tuple[tuple[Segment, ...], ...]] = []
    bottom = 0.0
    for strip in strips[full[0] : full[-1] + 1]:
        parts = _parts(strip, gutters)
        row = tuple(tuple(_lines([item for item in part if isinstance(item, Segment)])) for part in parts)
        top = min(item.y0 for item in strip)
        if rows and not row[0] and top - bottom < 0.5 * strip[0].size:  # the next line of some cells
            rows[-1] = tuple(a + b for a, b in zip(rows[-1], row, strict=True))
        else:
            rows.append(row)
        bottom = max(item.y1 for item in strip)
    held = [item for strip in strips[full[0] : full[-1] + 1] for item in strip]
    edges = tuple(min((item.x0 for item in part), default=0.0) for part in _parts(held, gutters))
    yield Table(
        tuple(rows),
        min(item.x0 for item in held),
        min(item.y0 for item in held),
        max(item.x1 for item in held),
        max(item.y1 for item in held),
        edges,
    )
    yield from _plain([item for strip in strips[full[-1] + 1 :] for item in strip])


def _plain(items: Sequence[Item]) -> Iterator[Region]:
    """Lines from top to bottom, and the tables between them."""
    if len(items) == 1 and isinstance(line := items[0], Segment):  # as most strips
        yield Column((line,), line.x0, line.x1)
        return
    lines = _lines([item for item in items if isinstance(item, Segment)])
    tables = sorted((item for item in items if isinstance(item, Table)), key=lambda table: table.y0)
    for table in [*tables, None]:
        above = [line for line in lines if table is None or line.middle < table.y0]
        lines = lines[len(above) :]
        if above:
            yield Column(tuple(above), min(line.x0 for line in above), max(line.x1 for line in above))
        if table:
            yield table


def _lines(pieces: Sequence[Segment]) -> list[Segment]:
    """Join the segments of each line, whatever their gaps, from top to bottom."""
    rows: list[list[Segment]] = []
    for piece in sorted(pieces, key=lambda piece: piece.middle):
        if rows and piece.middle - rows[-1][0].middle < 0.45 * max(piece.size, rows[-1][0].size):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [
        row[0] if len(row) == 1 else segment([c for piece in sorted(row, key=lambda p: p.x0) for c in piece.chars])
        for row in rows
    ]


def _is_below_of(held: Column, region: Column) -> bool:
    beside = region.left < held.right and held.left < region.right
    return beside and region.lines[0].y0 >= held.lines[-1].y0


def _merged(found: Iterator[Region]) -> Iterator[Region]:
    """Join columns that follow each other at one place."""
    held: Column | None = None
    for region in found:
        if held and isinstance(region, Column) and _is_below_of(held, region):
            left, right = min(held.left, region.left), max(held.right, region.right)
            held = Column((*held.lines, *region.lines), left, right)
            continue
        if held:
            yield held
        held = region if isinstance(region, Column) else None
        if isinstance(region, Table):
            yield region
    if held:
        yield held
