"""Tables as Markdown writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table_lines(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a pipe table whose head is the first row; rows are filled up to the longest."""
    kept = [[cell_text(cell) for cell in row] for row in rows]
    width = max(map(len, kept), default=0)
    lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in kept]
    return [*lines[:1], "|" + "---|" * width, *lines[1:]] if lines else []


def joined_head(rows: Sequence[Sequence[str]], heads: int) -> list[Sequence[str]]:
    """Return the rows with the first ones as one: above each column all that they say of it, each once."""
    if heads < 2 or heads >= len(rows):
        return list(rows)
    width = max(map(len, rows[:heads]))
    above = [dict.fromkeys(row[i].strip() for row in rows[:heads] if i < len(row)) for i in range(width)]
    return [[" ".join(filter(None, said)) for said in above], *rows[heads:]]


def cell_text(text: str) -> str:
    """Return a text fit for a cell: on one line, with its bars escaped."""
    return " ".join(text.split()).replace("|", "\\|")


def column_name(number: int) -> str:
    """Return what a workbook calls its columns, which are numbered from 1: A, B ... Z, AA."""
    name = ""
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
