"""Workbooks -> Markdown: a heading for each sheet, a table for each block of cells."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from ingest.read.office.archive import checked
from ingest.read.office.merged import Row, head_rows, merged_cells, spread
from ingest.read.origin import Container, Origin
from ingest.read.reading import Limits, Reading, UnfitError
from ingest.read.web.tables import column_name, joined_head, table_lines

PERCENT = re.compile(r"0(?:\.(?=0))?(0*)%")


def read_xlsx(raw: bytes, name: str, limits: Limits) -> Reading:
    """Read a workbook by the values that its formulas gave when it was saved.

    Raises UnfitError for one that is damaged, locked, or has more cells than the limit.
    """
    from openpyxl import load_workbook

    archive, warnings = checked(raw, limits)
    archive.close()
    book = load_workbook(io.BytesIO(raw), data_only=True, read_only=True, keep_links=False)
    pieces: list[str] = []
    parts: list[Container] = []
    length = cells = 0
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            warnings.append(f"the hidden sheet {sheet.title!r} is left out")
            continue
        rows: list[Row] = []
        for number, row in enumerate(sheet.iter_rows(), 1):
            cells += len(row)
            if cells > limits.cells:
                raise UnfitError(f"has more than {limits.cells:,} cells; split it or raise reading.cells")
            rows.append((number, [_shown(cell.value, cell) for cell in row]))
        merged = merged_cells(book, sheet)
        spread(rows, merged, limits.cells)
        head = f"## {sheet.title}\n\n"
        pieces.append(head)
        length += len(head)
        for block in _blocks(rows):
            length = _add(block, head_rows(block, merged), sheet.title, pieces, parts, length)
    return Reading("".join(pieces).rstrip("\n") + "\n", Origin(parts=tuple(parts)), tuple(warnings))


def _add(block: list[Row], heads: int, sheet: str, pieces: list[str], parts: list[Container], length: int) -> int:
    """Add a block of rows; a line of its own for a single cell, a table for more; return the length then."""
    used = [index for index in range(max(len(row) for _, row in block)) if any(_at(row, index) for _, row in block)]
    first, last = column_name(used[0] + 1), column_name(used[-1] + 1)
    rows = [[_at(row, index) for index in used] for _, row in block]
    tabular = len(used) > 1 and len(rows) > 1
    lines = table_lines(joined_head(rows, heads)) if tabular else [" ".join(filter(None, row)) for row in rows]
    numbers = [number for number, _ in block][heads - 1 if tabular else 0 :]
    if len(lines) > len(numbers):
        numbers.insert(1, 0)  # the line of dashes
    for line, number in zip(lines, numbers, strict=True):
        if number:
            top = block[0][0] if number == numbers[0] else number
            parts.append(Container(length, length + len(line), "sheet", f"{sheet}!{first}{top}:{last}{number}"))
        pieces.append(line + "\n")
        length += len(line) + 1
    pieces.append("\n")
    return length + 1


def _at(row: list[str], index: int) -> str:
    return row[index] if index < len(row) else ""


def _blocks(rows: list[Row]) -> Iterator[list[Row]]:
    """Part rows at empty ones, and a title of one cell from the table below it."""
    block: list[Row] = []
    for number, row in [*rows, (0, [])]:
        if any(row):
            alone = sum(map(bool, row)) == 1
            if len(block) == 1 and sum(map(bool, block[0][1])) == 1 and not alone:
                yield block
                block = []
            block.append((number, row))
        elif block:
            yield block
            block = []


def _shown(value: object, cell: Any) -> str:
    """A value as a reader of the sheet would say it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float) and (share := PERCENT.search(cell.number_format or "")):
        return f"{100 * value:.{len(share[1])}f}%"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return " ".join(str(value).split())
