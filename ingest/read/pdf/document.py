"""A PDF as Markdown: its own text with the boxes of every character, and recognised text where a page is a picture."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from time import monotonic

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as c

from ingest.read.origin import Origin, Way
from ingest.read.pdf import ocr
from ingest.read.pdf.blocks import LARGER, blocks_of, plain, style_of
from ingest.read.pdf.chars import Char, Chars, Frame, chars_of, frame_of, upright
from ingest.read.pdf.layout import Column, Region, Table, is_inside, regions
from ingest.read.pdf.rules import Line, drawn, grids
from ingest.read.pdf.segments import TEXT, Segment, segments_of
from ingest.read.pdf.writing import Sheet, Writing
from ingest.read.reading import Limits, Reading, UnfitError

FEW = 16  # characters of a page whose text may be that of a picture
COVERED = 0.3  # of a page, that a picture covers
LOST = "\ufffd"
WAY = attrgetter("way")
OCR_TIME = 0.7  # of the time that a file may take, in which pages are recognised
GARBLED = 0.2  # of a page's characters, that no font says how to read
APART = 0.6  # of its height, between a running head and the text
EDGE = 0.1  # of a page's height, where running heads stand
NUMBER = re.compile(
    r"[-–—·|]*(?:第?\d{1,4}页?|page\d+(?:of\d+)?|\d+/\d+|第\d+页[,，/]?共\d+页|[ivxlc]{1,6})[-–—·|]*", re.I
)
SIDE = 12.0  # points between columns of a table on two pages


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page with its characters by the way they run, the most frequent way first."""

    sheet: Sheet
    ways: tuple[tuple[Way, Chars], ...]
    lines: tuple[Line, ...]


def read_pdf(raw: bytes, name: str, limits: Limits) -> Reading:
    """Read a PDF; raises UnfitError for one that is damaged, locked, too long or without any text."""
    try:
        pdf = pdfium.PdfDocument(raw)
    except pdfium.PdfiumError as error:
        raise UnfitError(_reason(error)) from error
    deadline = monotonic() + OCR_TIME * limits.seconds
    with pdf:
        if len(pdf) > limits.pages:
            raise UnfitError(f"has {len(pdf):,} pages, the limit is {limits.pages:,}; split it or raise reading.pages")
        warnings: list[str] = []
        leaves = [leaf for index in range(len(pdf)) if (leaf := _leaf(pdf, index, limits, deadline, warnings))]
        titles = _titles(pdf)
    leaves = _without_heads(leaves)
    writing = _written(leaves, titles)
    text = "".join(writing.pieces)
    if not text.strip():
        raise UnfitError("; ".join(["no text in it", *warnings]))
    return Reading(text.rstrip("\n") + "\n", Origin(tuple(writing.stretches)), tuple(warnings))


def _reason(error: pdfium.PdfiumError) -> str:
    code = getattr(error, "err_code", None)
    if code == c.FPDF_ERR_PASSWORD:
        return "locked with a password; save it without one"
    return "a damaged PDF; open and save it again"


def _titles(pdf: pdfium.PdfDocument) -> dict[str, int]:
    """The titles in the table of contents that comes with the file, with their levels."""
    try:
        return {plain(mark.get_title()): mark.level + 1 for mark in pdf.get_toc(max_depth=6)}
    except pdfium.PdfiumError:
        return {}


def _leaf(pdf: pdfium.PdfDocument, index: int, limits: Limits, deadline: float, warnings: list[str]) -> Leaf | None:
    number = index + 1
    try:
        page = pdf[index]
    except pdfium.PdfiumError:
        warnings.append(f"page {number} is damaged and left out")
        return None
    frame = frame_of(page)
    chars, sure = chars_of(page, frame), None
    count, lost = len(chars.held), "".join(map(TEXT, chars.held)).count(LOST)
    garbled = lost > GARBLED * count and lost > 3
    if garbled or (count < FEW and _pictured(page, frame.width * frame.height)):
        read = _recognised(page, frame, limits, deadline)
        if isinstance(read, str):
            what = "its fonts do not say which characters they show" if garbled else "a picture"
            warnings.append(f"page {number}: {what}; {read}")
            chars = Chars.of(()) if garbled else chars
        else:
            found, sure, unsure = read
            chars = Chars.of(found)
            warnings += [f"page {number}: {unsure} lines could not be recognised with confidence"] if unsure else []
    ways = [way for way, _ in Counter(map(WAY, chars.held)).most_common()]
    own = {way: np.array([char.way == way for char in chars.held], np.bool_) for way in ways[1:] and ways}
    held = tuple((way, chars.where(own[way]) if own else chars) for way in ways)
    return Leaf(Sheet(number, frame, sure), held, tuple(drawn(page, frame)))


def _recognised(
    page: pdfium.PdfPage, frame: Frame, limits: Limits, deadline: float
) -> tuple[list[Char], float, int] | str:
    """Return what is recognised on a page, or why nothing is."""
    if not limits.ocr:
        return "reading.ocr is off"
    if not ocr.is_installed():
        return f"{ocr.COMMAND} to have it recognised"
    if monotonic() > deadline:
        return "no time is left to have it recognised; raise reading.seconds"
    return ocr.recognised(page, frame, limits.confidence)


def _pictured(page: pdfium.PdfPage, area: float) -> bool:
    covered = 0.0
    for item in page.get_objects(filter=[c.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = item.get_bounds()
        covered += max(0.0, right - left) * max(0.0, top - bottom)
    return covered > COVERED * area


def _without_heads(leaves: Sequence[Leaf]) -> list[Leaf]:
    """Leave out page numbers, and what stands at the edge of most pages but for its numbers."""
    edges = [_edges(leaf) for leaf in leaves]
    counts = Counter(key for edge in edges for key in {key for key, _ in edge})
    often = {key for key, count in counts.items() if count >= max(2, 0.5 * len(leaves))}
    kept: list[Leaf] = []
    for leaf, edge in zip(leaves, edges, strict=True):
        out = {id(char) for key, line in edge if key in often or NUMBER.fullmatch(line.text) for char in line.chars}
        if out:
            ways = tuple(
                (way, chars.where(np.array([id(char) not in out for char in chars.held], np.bool_)))
                for way, chars in leaf.ways
            )
            leaf = Leaf(leaf.sheet, ways, leaf.lines)
        kept.append(leaf)
    return kept


def _edges(leaf: Leaf) -> list[tuple[tuple[str, int], Segment]]:
    """The lines apart from all others at the top and bottom of a page, each with what it is compared by."""
    if not leaf.ways or leaf.ways[0][0] != "right":
        return []
    height, chars = leaf.sheet.frame.height, leaf.ways[0][1]
    _, tops, _, bottoms, _ = chars.columns
    free = np.ones(len(tops), np.bool_)
    for grid in grids(leaf.lines):
        free &= ~is_inside(chars, grid)
    found: list[tuple[tuple[str, int], Segment]] = []
    for outer in (bottoms < EDGE * height, tops > (1 - EDGE) * height):
        lines = segments_of(chars.where(outer & free))
        for line in lines:
            own = [char for each in lines if abs(each.middle - line.middle) < line.size for char in each.chars]
            reach = line.y0 - APART * line.size, line.y1 + APART * line.size
            beside = int(((tops < reach[1]) & (bottoms > reach[0])).sum())
            if beside == sum(reach[0] < char.y1 and char.y0 < reach[1] for char in own):
                found.append(((re.sub(r"\d+", "#", line.text), round(line.middle / 4)), line))
    return found


def _regions(leaf: Leaf) -> Iterator[Region]:
    for way, chars in leaf.ways:
        frame = leaf.sheet.frame
        yield from regions(chars, grids([upright(line, way, frame) for line in leaf.lines]))


def _written(leaves: Sequence[Leaf], titles: dict[str, int]) -> Writing:
    pages = [(leaf.sheet, list(_regions(leaf))) for leaf in leaves]
    columns = [region for _, found in pages for region in found if isinstance(region, Column)]
    style = style_of((line for column in columns for line in column.lines), titles)
    writing = Writing()
    flow = [(sheet, region) for sheet, found in pages for region in found]
    at = 0
    while at < len(flow):
        sheet, region = flow[at]
        at += 1
        if isinstance(region, Table):
            rows = [(row, sheet) for row in region.rows]
            while at < len(flow) and _continues(region, sheet, *flow[at]):
                below, more = flow[at]
                assert isinstance(more, Table)
                repeated = _words(more.rows[0]) == _words(region.rows[0])
                rows += [(row, below) for row in more.rows[repeated:]]
                sheet, at = below, at + 1
            writing.table(rows)
        else:
            for block in blocks_of(region, style, _right(region, columns, style.body)):
                writing.block(block, sheet)
    return writing


def _continues(table: Table, sheet: Sheet, below: Sheet, region: Region) -> bool:
    """Whether a table goes on with the one that begins the next page."""
    return (
        isinstance(region, Table)
        and below.number == sheet.number + 1
        and len(region.edges) == len(table.edges)
        and all(abs(a - b) <= SIDE for a, b in zip(table.edges, region.edges, strict=True))
    )


def _words(row: Sequence[Sequence[Segment]]) -> list[str]:
    return ["".join(line.text for line in cell) for cell in row]


def _right(column: Column, columns: Sequence[Column], body: float) -> float:
    """Where full lines end: of a few lines alone that cannot be told from themselves."""
    small = [line for line in column.lines if line.size < LARGER * body]
    if len(small) > 3:
        return max(line.x1 for line in small)
    size = column.lines[0].size
    return max(other.right for other in columns if abs(other.left - column.left) < 2 * size)
