"""Merged cells of a sheet: what one shows stands in each of those that it covers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

REFERENCE = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref=[\"']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})[\"']")
Row = tuple[int, list[str]]  # its number in the sheet, from 1, and its cells


@dataclass(frozen=True, slots=True)
class Merged:
    """Columns and rows from 1, the last ones included."""

    left: int
    top: int
    right: int
    bottom: int


def merged_cells(book: Any, sheet: Any) -> list[Merged]:
    """Return the merged cells of a sheet that is read row by row, which does not tell them."""
    from openpyxl.utils import range_boundaries

    raw = book._archive.read(sheet._worksheet_path)
    return [Merged(*range_boundaries(reference.decode("ascii"))) for reference in REFERENCE.findall(raw)]


def spread(rows: Sequence[Row], merged: Sequence[Merged], most: int) -> None:
    """Repeat what merged cells show in all that they cover, at most `most`; a title over a table stays one cell."""
    by_number = dict(rows)
    for each in merged:
        first = by_number.get(each.top, [])
        text = first[each.left - 1] if each.left <= len(first) else ""
        if not text or (each.right > each.left and sum(map(bool, first)) == 1):
            continue
        for number in range(each.top, each.bottom + 1):
            cells = by_number.get(number, [])
            for column in range(each.left - 1, min(each.right, len(cells))):
                most -= 1
                if most < 0:
                    return
                cells[column] = text


def head_rows(block: Sequence[Row], merged: Sequence[Merged]) -> int:
    """Return how many rows a table's head takes: cells side by side that are one have others of their own below."""
    top = block[0][0]
    begun = [each for each in merged if each.top == top]
    if len(block) < 3 or sum(map(bool, block[0][1])) == 1 or not any(each.right > each.left for each in begun):
        return 1
    return min(max(2, *(each.bottom - top + 1 for each in begun)), len(block) - 1)
