"""Slides -> Markdown: a heading for each slide, its texts, lists, tables and notes from top to bottom."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ingest.read.office.archive import checked
from ingest.read.origin import Container, Origin
from ingest.read.reading import Limits, Reading
from ingest.read.web.tables import table_lines

# What programs put where nobody described a picture.
FILE = re.compile(r"\S+\.(?:png|jpe?g|gif|bmp|tiff?|svg|emf|wmf|webp)", re.IGNORECASE)


def read_pptx(raw: bytes, name: str, limits: Limits) -> Reading:
    """Read slides; raises UnfitError for a file that is damaged or locked."""
    from pptx import Presentation

    archive, warnings = checked(raw, limits)
    archive.close()
    pieces: list[str] = []
    parts: list[Container] = []
    length = 0
    for number, slide in enumerate(Presentation(io.BytesIO(raw)).slides, 1):
        if slide._element.get("show") == "0":
            warnings.append(f"the hidden slide {number} is left out")
            continue
        text = "\n".join(_slide(slide, number)).strip("\n")
        parts.append(Container(length, length + len(text), "slide", str(number)))
        pieces.append(text)
        length += len(text) + 2
    return Reading("\n\n".join(pieces) + "\n", Origin(parts=tuple(parts)), tuple(warnings))


def _slide(slide: Any, number: int) -> Iterator[str]:
    title = slide.shapes.title
    heading = " ".join(title.text_frame.text.split()) if title is not None else ""
    yield f"## {heading or f'{number}'}"
    own = title.shape_id if title is not None else None
    for shape in sorted(_shapes(slide.shapes), key=lambda shape: (shape.top or 0, shape.left or 0)):
        if shape.shape_id != own:
            lines = list(_shape(shape))
            if lines:
                yield from ["", *lines]
    if slide.has_notes_slide:
        notes = (slide.notes_slide.notes_text_frame.text if slide.notes_slide.notes_text_frame else "").strip()
        if notes:
            yield from ["", *notes.split("\n")]


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    for shape in shapes:
        if shape.shape_type == 6:  # a group
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _shape(shape: Any) -> Iterator[str]:
    if getattr(shape, "has_table", False) and shape.has_table:
        table = shape.table
        yield from table_lines([[_cell(table, row, column) for column in range(len(table.columns))]
                                for row in range(len(table.rows))])  # fmt: skip
    elif getattr(shape, "has_chart", False) and shape.has_chart:
        yield from _chart(shape.chart)
    elif shape.has_text_frame:
        paragraphs = [p for p in shape.text_frame.paragraphs if p.text.strip()]
        listed = len(paragraphs) > 1
        for paragraph in paragraphs:
            text = " ".join(paragraph.text.replace("\v", " ").split())
            yield f"{'  ' * paragraph.level}- {text}" if listed else text
    else:
        described = shape._element.xpath(".//p:cNvPr/@descr")
        yield from (" ".join(text.split()) for text in described if text.strip() and not FILE.fullmatch(text.strip()))


def _cell(table: Any, row: int, column: int) -> str:
    """What a cell shows; one that another one covers shows what that does."""
    cell = table.cell(row, column)
    if cell.is_spanned:
        over = ((r, c) for r in range(row, -1, -1) for c in range(column, -1, -1) if table.cell(r, c).is_merge_origin)
        for r, c in over:
            origin = table.cell(r, c)
            if row < r + origin.span_height and column < c + origin.span_width:
                return str(origin.text)
    return str(cell.text)


def _chart(chart: Any) -> Iterator[str]:
    """A chart's numbers as a table."""
    try:
        categories = [str(each) for each in chart.plots[0].categories]
        series = [(each.name or "", [f"{value:g}" if value is not None else "" for value in each.values])
                  for each in chart.plots[0].series]  # fmt: skip
    except (IndexError, AttributeError, KeyError, ValueError):
        return
    if chart.has_title and chart.chart_title.has_text_frame:
        yield from [chart.chart_title.text_frame.text, ""]
    rows = [["", *(name for name, _ in series)]]
    rows += [[category, *(values[i] for _, values in series)] for i, category in enumerate(categories)]
    yield from table_lines(rows)
