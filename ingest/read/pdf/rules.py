"""The lines drawn on a page, and the grids that they form."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as c

from ingest.read.pdf.chars import Frame

THIN = 2.5  # points: a filled rectangle no wider is a line
NEAR = 3.0  # points between lines that meet
SHORT = 4.0  # points: what is no longer is a dot
MOST = 4000  # lines of a page; past that it is a drawing
Line = tuple[float, float, float, float]  # x0, y0, x1, y1, x0 == x1 or y0 == y1


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the lines of a table stand, left to right and top to bottom."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]


def drawn(page: pdfium.PdfPage, frame: Frame) -> list[Line]:
    """Return the lines drawn on a page, none where there are so many that it is a drawing."""
    lines = list(_lines(page, frame))
    return lines if len(lines) <= MOST else []


def grids(lines: Sequence[Line]) -> list[Grid]:
    """Return the grids of two rows and two columns or more."""
    found: list[Grid] = []
    for group in _groups(lines):
        upright = [line for line in group if line[0] == line[2]]
        level = [line for line in group if line[1] == line[3]]
        xs = _places([line[0] for line in upright] + [edge for line in level for edge in (line[0], line[2])], upright)
        ys = _places([line[1] for line in level] + [edge for line in upright for edge in (line[1], line[3])], level)
        if len(upright) > 1 and len(level) > 1 and len(xs) > 2 and len(ys) > 2:
            found.append(Grid(tuple(xs), tuple(ys)))
    return found


def _places(edges: Iterable[float], lines: Sequence[Line]) -> list[float]:
    """Where lines stand, those within reach of each other as one; ends count only at the rim."""
    own = {line[0] if line[0] == line[2] else line[1] for line in lines}
    every = sorted(edges)
    rim = [every[0], every[-1]] if every else []
    places: list[float] = []
    for place in sorted([*own, *rim]):
        if not places or place - places[-1] > NEAR:
            places.append(place)
    return places


def _groups(lines: Sequence[Line]) -> list[list[Line]]:
    """Gather lines that meet."""
    parent = list(range(len(lines)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    order = sorted(range(len(lines)), key=lambda i: lines[i][1])
    for at, i in enumerate(order):
        a = lines[i]
        for j in order[at + 1 :]:
            b = lines[j]
            if b[1] > a[3] + NEAR:
                break
            if b[0] <= a[2] + NEAR and a[0] <= b[2] + NEAR:
                parent[root(j)] = root(i)
    groups: dict[int, list[Line]] = {}
    for i, line in enumerate(lines):
        groups.setdefault(root(i), []).append(line)
    return list(groups.values())


def _lines(page: pdfium.PdfPage, frame: Frame) -> Iterator[Line]:
    for item in page.get_objects(filter=[c.FPDF_PAGEOBJ_PATH], max_depth=4):
        try:
            bounds = frame.box(*item.get_bounds())
        except pdfium.PdfiumError:
            continue
        if line := _thin(bounds):
            yield line
            continue
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        if c.FPDFPath_GetDrawMode(item.raw, fill, stroke) and stroke.value and item.container is None:
            yield from _strokes(item, frame)


def _thin(box: tuple[float, float, float, float]) -> Line | None:
    x0, y0, x1, y1 = box
    if y1 - y0 <= THIN and x1 - x0 > SHORT:
        return x0, (y0 + y1) / 2, x1, (y0 + y1) / 2
    if x1 - x0 <= THIN and y1 - y0 > SHORT:
        return (x0 + x1) / 2, y0, (x0 + x1) / 2, y1
    return None


def _strokes(item: pdfium.PdfObject, frame: Frame) -> Iterator[Line]:
    """The straight edges of a path that is drawn with a pen."""
    matrix = item.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    first = last = (0.0, 0.0)
    for index in range(min(c.FPDFPath_CountSegments(item.raw), MOST)):
        piece = c.FPDFPath_GetPathSegment(item.raw, index)
        c.FPDFPathSegment_GetPoint(piece, x, y)
        point = frame.shown(*matrix.on_point(x.value, y.value))
        kind = c.FPDFPathSegment_GetType(piece)
        if kind == c.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == c.FPDF_SEGMENT_LINETO:
            yield from _edge(last, point)
        if c.FPDFPathSegment_GetClose(piece):
            yield from _edge(point, first)
        last = point


def _edge(a: tuple[float, float], b: tuple[float, float]) -> Iterator[Line]:
    line = _thin((min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])))
    if line:
        yield line
