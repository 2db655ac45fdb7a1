"""Where the text of a document stands in the file that it was read from: pages and boxes, slides, cells, anchors."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher
from itertools import accumulate, chain, pairwise
from typing import Any, Literal

import numpy as np

Box = tuple[float, float, float, float]
Way = Literal["right", "up", "left", "down"]
Kind = Literal["slide", "sheet", "cell", "anchor", "chapter"]

CELLS = re.compile(r"(?P<sheet>.*)!(?P<left>[A-Z]+)(?P<top>\d+)(?::(?P<right>[A-Z]+)(?P<bottom>\d+))?", re.DOTALL)
LONG = 20_000  # code points of a changed stretch; a longer one is not compared character by character
TOUCH = 1.0  # points between boxes that are one


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters of one line of a page, text[start:start + len(edges) - 1], that run one way.

    Character i reaches from edges[i] to edges[i + 1] along the line and from `near` to `far` across it, in points from
    the top left of the page as it is shown. `ocr` is how sure the recognition was, None for text of the file itself.
    """

    start: int
    page: int
    way: Way
    near: float
    far: float
    edges: Sequence[float]  # an array: four bytes each
    ocr: float | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.edges) - 1

    def box(self, start: int, end: int) -> Box:
        a, b = sorted((self.edges[start - self.start], self.edges[end - self.start]))
        box = (a, self.near, b, self.far) if self.way in ("right", "left") else (self.near, a, self.far, b)
        left, top, right, bottom = (round(edge, 2) for edge in box)
        return left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Container:
    """text[start:end] is what a slide, some cells of a sheet, a notebook's cell or an anchor of a web page holds."""

    start: int
    end: int
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Page:
    """Boxes on a page, numbered from 1; `ocr` tells what was recognised in a picture."""

    page: int
    boxes: tuple[Box, ...]
    ocr: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Both are in order of their start; what was added to make Markdown of it (`| `, `## `) has no stretch."""

    stretches: tuple[Stretch, ...] = ()
    parts: tuple[Container, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.stretches or self.parts)

    def pages(self, start: int, end: int) -> tuple[Page, ...]:
        """Return the boxes of text[start:end] in reading order; those that touch on a line are one."""
        found: dict[int, list[tuple[Stretch, Box]]] = {}
        first = bisect_right(self.stretches, start, key=lambda stretch: stretch.end)
        for stretch in self.stretches[first : bisect_left(self.stretches, end, key=lambda stretch: stretch.start)]:
            box = stretch.box(max(start, stretch.start), min(end, stretch.end))
            found.setdefault(stretch.page, []).append((stretch, box))
        return tuple(
            Page(page, tuple(_joined([box for _, box in boxes])), any(stretch.ocr is not None for stretch, _ in boxes))
            for page, boxes in found.items()
        )

    def within(self, start: int, end: int) -> tuple[Container, ...]:
        """Return the parts that text[start:end] touches; rows of a sheet that follow each other are one."""
        found: list[Container] = []
        for part in self.parts:
            if part.start < end and start < part.end:
                whole = _spanned(found[-1], part) if found and part.kind == "sheet" else None
                found[-1:] = [whole] if whole else [*found[-1:], part]
        return tuple(found)

    def moved(self, before: str, after: str) -> Origin:
        """Return the places after `before` became `after`; what was changed has none."""
        if before == after or not self:
            return self
        at = _offsets(before, after)
        stretches = [piece for stretch in self.stretches for piece in _pieces(stretch, at)]
        parts = [
            Container(kept[0], kept[-1] + 1, part.kind, part.name)
            for part in self.parts
            if (kept := [new for new in at[part.start : part.end] if new >= 0])
        ]
        return Origin(tuple(stretches), tuple(parts))

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes; edges are whole hundredths of a point."""
        edges = [np.asarray(each.edges, np.float64) for each in self.stretches]
        hundredths = np.rint(np.concatenate([*edges, np.empty(0)]) * 100).astype(np.int64).tolist()
        ends = accumulate((len(each) for each in edges), initial=0)
        rows = [
            [each.start, each.page, each.way, each.near, each.far, each.ocr, hundredths[start:stop]]
            for each, (start, stop) in zip(self.stretches, pairwise(ends), strict=True)
        ]
        return {"stretches": rows, "parts": [list(asdict(part).values()) for part in self.parts]}

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> Origin:
        rows = parts["stretches"]
        hundredths = np.fromiter(chain.from_iterable(edges for *_, edges in rows), np.float64)
        data = (hundredths / 100).astype(np.float32).tobytes()
        ends = accumulate((4 * len(edges) for *_, edges in rows), initial=0)
        stretches = (
            Stretch(start, page, way, near, far, array("f", data[begin:end]), ocr)
            for (start, page, way, near, far, ocr, _), (begin, end) in zip(rows, pairwise(ends), strict=True)
        )
        return cls(tuple(stretches), tuple(Container(*part) for part in parts["parts"]))


NOWHERE = Origin()  # of text that is the file itself


def _spanned(above: Container, below: Container) -> Container | None:
    """Join two ranges of cells one below the other, None where they are not."""
    a, b = CELLS.fullmatch(above.name), CELLS.fullmatch(below.name)
    if not a or not b or not a["right"] or (a["sheet"], a["left"], a["right"]) != (b["sheet"], b["left"], b["right"]):
        return None
    return Container(above.start, below.end, "sheet", f"{a['sheet']}!{a['left']}{a['top']}:{b['right']}{b['bottom']}")


def _joined(boxes: Sequence[Box]) -> Iterator[Box]:
    """Join boxes of one line that touch."""
    current: Box | None = None
    for box in boxes:
        if current and current[1::2] == box[1::2] and abs(box[0] - current[2]) <= TOUCH:
            current = (current[0], current[1], box[2], box[3])
            continue
        if current:
            yield current
        current = box
    if current:
        yield current


def _pieces(whole: Stretch, at: Sequence[int]) -> Iterator[Stretch]:
    """Cut a stretch where its characters no longer stand side by side."""
    begin = 0
    news = at[whole.start : whole.end]
    for i in range(1, len(news) + 1):
        if i == len(news) or news[i] != news[i - 1] + 1 or news[i] < 0:
            if news[begin] >= 0:
                yield replace(whole, start=news[begin], edges=whole.edges[begin : i + 1])
            begin = i


def _offsets(before: str, after: str) -> list[int]:
    """Return for each character of `before` where it stands in `after`, -1 for what was taken out."""
    at = [-1] * len(before)
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    a, b = _starts(old), _starts(new)
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            for x in range(a[j] - a[i]):
                at[a[i] + x] = b[k] + x
        elif tag == "replace" and max(a[j] - a[i], b[m] - b[k]) <= LONG:
            matcher = SequenceMatcher(None, before[a[i] : a[j]], after[b[k] : b[m]], autojunk=False)
            for x, y, size in matcher.get_matching_blocks():
                for step in range(size):
                    at[a[i] + x + step] = b[k] + y + step
    return at


def _starts(lines: Sequence[str]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts
