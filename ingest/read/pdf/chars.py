"""The characters of a page, with their boxes as the page is shown: points, origin top left."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as c

from ingest.read.origin import Way
from ingest.read.pdf import bulk

WAYS: tuple[Way, ...] = ("right", "up", "left", "down")
FIXED, FORCED_BOLD = 1, 1 << 18  # flags of a font, PDF 32000-1, table 123
SLANT = 0.1  # quarters of a turn, that a line may be off
HYPHENS = (2, 0xFFFE)  # what pdfium makes of one at the end of a line, asked for one character and for all
MADE_UP = 32  # pdfium makes up spaces and ends of lines alone
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


def chars_of(page: pdfium.PdfPage, frame: Frame) -> list[Char]:
    """Return the characters in the order of the file, without spaces and what pdfium made up itself."""
    text = page.get_textpage()
    try:
        return list(_chars(text.raw, frame))
    finally:
        text.close()


def _chars(raw: c.FPDF_TEXTPAGE, frame: Frame) -> Iterator[Char]:
    styles: dict[int | None, tuple[Way | None, float, bool, bool]] = {}  # by text object
    page, count = bulk.address(raw), c.FPDFText_CountChars(raw)
    top, from_left = frame.height + frame.bottom, frame.left
    spaced, high = False, 0
    last: int | None = -1
    way, size, bold, fixed, straight = None, 0.0, False, False, False
    new = tuple.__new__  # half the time of Char(...), which is spent on names
    every = zip(bulk.codes(raw, count), bulk.objects(page, count), bulk.boxes(page, count), strict=True)
    for index, (code, key, box) in enumerate(every):
        if code <= MADE_UP and bulk.is_generated(page, index) == 1:
            continue
        if 0xD800 <= code < 0xE000:  # half of a character beyond the first plane; the other half follows
            if code < 0xDC00:
                high = code
                continue
            code, high = 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00 if high else code, 0
        if key != last:
            last = key
            if key not in styles:
                styles[key] = _style(raw, index, frame)
            way, size, bold, fixed = styles[key]
            straight = frame.turn == 0 and way == "right"
        if way is None or not box:
            continue
        left, upper, right, lower = box
        if straight:
            x0, y0, x1, y1 = left - from_left, top - upper, right - from_left, top - lower
        else:
            x0, y0, x1, y1 = upright(frame.box(left, lower, right, upper), way, frame)
        if x1 > x0 or y1 > y0:
            text = _plain(code)
            if text != " ":
                yield new(Char, (text, x0, y0, x1, y1, size or y1 - y0, way, bold, fixed, spaced))
            spaced = text == " "


def _style(raw: c.FPDF_TEXTPAGE, index: int, frame: Frame) -> tuple[Way | None, float, bool, bool]:
    """Which way text runs (None where it slants, as a watermark does), its size, whether bold and of fixed pitch."""
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    c.FPDFText_GetFontInfo(raw, index, name, 128, flags)
    font = name.value.decode("utf-8", "replace").lower()
    bold = c.FPDFText_GetFontWeight(raw, index) >= 600 or "bold" in font or bool(flags.value & FORCED_BOLD)
    quarters = c.FPDFText_GetCharAngle(raw, index) / (math.pi / 2)  # clockwise
    way = WAYS[(-round(quarters) - frame.turn) % 4] if abs(quarters - round(quarters)) < SLANT else None
    matrix = c.FS_MATRIX()
    scale = math.hypot(matrix.c, matrix.d) if c.FPDFText_GetMatrix(raw, index, matrix) else 1.0
    size = c.FPDFText_GetFontSize(raw, index) * scale
    return way, size, bold, bool(flags.value & FIXED) or "mono" in font


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
