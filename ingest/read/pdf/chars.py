"""The characters of a page, with their boxes as the page is shown: points, origin top left."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import compress, repeat
from operator import attrgetter
from typing import NamedTuple, Self

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as c
from numpy.typing import NDArray

from ingest.read.origin import Way
from ingest.read.pdf import bulk

WAYS: tuple[Way, ...] = ("right", "up", "left", "down")
FIXED, FORCED_BOLD = 1, 1 << 18  # flags of a font, PDF 32000-1, table 123
SLANT = 0.1  # quarters of a turn, that a line may be off
HYPHENS = (2, 0xFFFE)  # what pdfium makes of one at the end of a line, asked for one character and for all
MADE_UP = 32  # pdfium makes up spaces and ends of lines alone
COLUMNS = tuple(map(attrgetter, ("x0", "y0", "x1", "y1", "size")))
LIGATURES = {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"}


class Char(NamedTuple):
    """A character; `text` may be several letters (a ligature), `size` is of its font in points.

    `x0, y0, x1, y1` are in the frame in which its text runs to the right.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    way: Way
    bold: bool
    fixed: bool  # of a font whose characters are all as wide
    spaced: bool  # a space of the file stands before it


@dataclass(frozen=True, slots=True, eq=False)
class Chars:
    """Characters, and their x0, y0, x1, y1 and size as columns, (5, n)."""

    held: Sequence[Char]
    columns: NDArray[np.float64]

    @classmethod
    def of(cls, held: Sequence[Char]) -> Self:
        parts = (np.fromiter(map(part, held), np.float64, len(held)) for part in COLUMNS)
        return cls(held, np.stack(list(parts)))

    def where(self, kept: NDArray[np.bool_]) -> Self:
        """Return some of them, (n,)."""
        return self if kept.all() else type(self)(list(compress(self.held, kept.tolist())), self.columns[:, kept])


_char = partial(tuple.__new__, Char)  # Char(...) spends half its time on names


@dataclass(frozen=True, slots=True)
class Frame:
    """The page's size as shown, and how user space becomes it."""

    width: float
    height: float
    turn: int  # quarters clockwise
    left: float
    bottom: float

    def shown(self, x: float, y: float) -> tuple[float, float]:
        """Turn a point of user space into one of the page as shown."""
        x, y = x - self.left, y - self.bottom
        return [
            (x, self.height - y),
            (y, x),
            (self.width - x, y),
            (self.width - y, self.height - x),
        ][self.turn]

    def box(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        (ax, ay), (bx, by) = self.shown(left, bottom), self.shown(right, top)
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def frame_of(page: pdfium.PdfPage) -> Frame:
    left, bottom, right, top = page.get_bbox()
    turn = page.get_rotation() // 90 % 4
    sides = (right - left, top - bottom)
    return Frame(*(sides[::-1] if turn % 2 else sides), turn, left, bottom)


class Font(NamedTuple):
    """What the characters of one text object share; `way` is None where it slants, as a watermark does."""

    way: Way | None
    size: float
    bold: bool
    fixed: bool


def chars_of(page: pdfium.PdfPage, frame: Frame) -> Chars:
    """Return the characters in the order of the file, without spaces and what pdfium made up itself."""
    text = page.get_textpage()
    try:
        return _chars(text.raw, frame)
    finally:
        text.close()


def _chars(raw: c.FPDF_TEXTPAGE, frame: Frame) -> Chars:
    """Make them a column at a time: what is done for each character alone costs more than pdfium does."""
    page, count = bulk.address(raw), c.FPDFText_CountChars(raw)
    codes = bulk.codes(raw, count)
    own = _own(codes, page)
    if not len(own):
        return Chars.of(())
    places = own.tolist()
    begins, owners = zip(*bulk.objects(page, places), strict=True)
    fonts = _fonts(page, owners, [places[begin] for begin in begins], frame)
    of = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(own)))  # the number of its run
    edges, boxed = bulk.boxes(page, count)
    boxes = _shown(edges[own], fonts, begins, frame)
    level = np.array([font.way is not None for font in fonts], np.bool_)[of]
    seen = np.flatnonzero(level & boxed[own] & ((boxes[2] > boxes[0]) | (boxes[3] > boxes[1])))
    texts = list(map(_plain, codes[own[seen]].tolist()))
    blank = np.array([text == " " for text in texts], np.bool_)
    spaced, seen = np.concatenate([[False], blank])[:-1][~blank], seen[~blank]
    x0, y0, x1, y1 = boxes[:, seen]
    sizes = np.array([font.size for font in fonts])[of[seen]]
    columns = np.stack([x0, y0, x1, y1, np.where(sizes, sizes, y1 - y0)])
    runs = of[seen].tolist()
    parts = (
        compress(texts, (~blank).tolist()),
        *columns.tolist(),
        *(map([font[part] for font in fonts].__getitem__, runs) for part in (0, 2, 3)),
        spaced.tolist(),
    )
    return Chars(list(map(_char, zip(*parts, strict=True))), columns)


def _own(codes: NDArray[np.uint32], page: int | None) -> NDArray[np.intp]:
    """Return where characters of the file stand, without what pdfium made up; halves of one become the second."""
    kept = np.ones(len(codes), np.bool_)
    likely = np.flatnonzero(codes <= MADE_UP)
    kept[likely] = np.fromiter(map(bulk.is_generated, repeat(page), likely.tolist()), np.int8, len(likely)) != 1
    high = 0
    for index in np.flatnonzero((codes >= 0xD800) & (codes < 0xE000)).tolist():  # beyond the first plane
        code = int(codes[index])
        if code < 0xDC00:
            high, kept[index] = code, False
        else:
            codes[index], high = 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00 if high else code, 0
    return np.flatnonzero(kept)


def _fonts(page: int | None, owners: Sequence[int], firsts: Sequence[int], frame: Frame) -> list[Font]:
    """Return the font of each run, whose first character's number is given."""
    known: dict[int, Font] = {}
    for owner, first in zip(owners, firsts, strict=True):
        if owner not in known:
            known[owner] = _font(page, first, frame)
    return [known[owner] for owner in owners]


def _shown(
    edges: NDArray[np.float64], fonts: Sequence[Font], starts: Sequence[int], frame: Frame
) -> NDArray[np.float64]:
    """Turn (n, 4) edges in user space into x0, y0, x1, y1, (4, n), in which the text of each run goes to the right."""
    left, top, right, bottom = edges.T
    height = frame.height + frame.bottom
    boxes = np.stack([left - frame.left, height - top, right - frame.left, height - bottom])
    for font, start, stop in zip(fonts, starts, [*starts[1:], len(edges)], strict=True):
        if font.way and (frame.turn or font.way != "right"):
            for index, (x0, y1, x1, y0) in enumerate(edges[start:stop].tolist(), start):
                boxes[:, index] = upright(frame.box(x0, y0, x1, y1), font.way, frame)
    return boxes


def _font(page: int | None, index: int, frame: Frame) -> Font:
    font, flags = bulk.font(page, index)
    bold = bulk.weight_of(page, index) >= 600 or "bold" in font or bool(flags & FORCED_BOLD)
    quarters = bulk.angle_of(page, index) / (math.pi / 2)  # clockwise
    way = WAYS[(-round(quarters) - frame.turn) % 4] if abs(quarters - round(quarters)) < SLANT else None
    size = bulk.size_of(page, index) * bulk.scale(page, index)
    return Font(way, size, bold, bool(flags & FIXED) or "mono" in font)


@cache
def _plain(code: int) -> str:
    """Ligatures and compatibility forms as the letters that they are; what cannot be shown is lost."""
    if code in HYPHENS:
        return "-"
    char = chr(code) if code < 0x110000 else "\ufffd"
    if char in LIGATURES:
        return LIGATURES[char]
    if "\u2e80" <= char <= "\u2fdf" or "\uf900" <= char <= "\ufaff":  # radicals, which some fonts are mapped to
        return unicodedata.normalize("NFKC", char)
    if char.isspace():
        return " "
    return "\ufffd" if unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") else char


def upright(box: tuple[float, float, float, float], way: Way, frame: Frame) -> tuple[float, float, float, float]:
    """Turn a box of the page into the frame in which text of its way runs to the right."""
    x0, y0, x1, y1 = box
    if way == "up":
        return frame.height - y1, x0, frame.height - y0, x1
    if way == "left":
        return frame.width - x1, frame.height - y1, frame.width - x0, frame.height - y0
    if way == "down":
        return y0, frame.width - x1, y1, frame.width - x0
    return box


def along(way: Way, edge: float, frame: Frame) -> float:
    """Turn a place along an upright line back into one of the page."""
    return {"right": edge, "up": frame.height - edge, "left": frame.width - edge, "down": edge}[way]


def across(way: Way, y0: float, y1: float, frame: Frame) -> tuple[float, float]:
    """Turn an upright line's top and bottom back into its reach across the page."""
    return {
        "right": (y0, y1),
        "up": (y0, y1),
        "left": (frame.height - y1, frame.height - y0),
        "down": (frame.width - y1, frame.width - y0),
    }[way]
