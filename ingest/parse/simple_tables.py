"""Tables without pipes, as Pandoc has them: a head, dashes below each column, rows, then a blank line or dashes."""

import re
from collections.abc import Sequence
from itertools import pairwise
from unicodedata import east_asian_width

from ingest.parse.lines import Line

DASHES = re.compile(r"[ \t]*-{2,}(?:[ \t]+-{2,})+[ \t]*\r?")
FILLER = "\0"  # the second column of a wide character


def simple_end(lines: Sequence[Line], index: int) -> int:
    """Return the line after the last of such a table that begins at a line, 0 where none begins.

    A line whose words cross the space between two columns, or are longer than the dashes, makes it none: what stands
    there is text below a rule.
    """
    if index + 2 >= len(lines) or not DASHES.fullmatch(lines[index + 1].text) or DASHES.fullmatch(lines[index].text):
        return 0
    dashes = lines[index + 1].text
    stop = index + 2
    while stop < len(lines) and not lines[stop].blank and not DASHES.fullmatch(lines[stop].text):
        if not _cells(lines[stop].text, dashes):
            return 0
        stop += 1
    if sum(map(bool, _cells(lines[index].text, dashes))) < 2 or stop == index + 2:
        return 0
    return stop + 1 if stop < len(lines) and not lines[stop].blank else stop


def piped(table: str) -> str:
    """Return such a table with pipes; any other text as it is."""
    head, dashes, *rows = [*table.split("\n"), ""]
    if not DASHES.fullmatch(dashes):
        return table
    lines = [line for line in (head, *rows) if line.strip() and not DASHES.fullmatch(line)]
    first, *others = ("".join(f"| {_escaped(cell)} " for cell in _cells(line, dashes)) + "|" for line in lines)
    return "\n".join([first, "|---" * len(re.findall("-+", dashes)) + "|", *others])


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def _cells(line: str, dashes: str) -> list[str]:
    """Cut a line at the spaces between the columns of dashes; [] where a word crosses one.

    What stands before the first word may have been cut off: of the places where the line may begin the one counts that
    has most cells flush with the dashes, as Pandoc wants them.
    """
    wide = "".join(char + FILLER * (east_asian_width(char) in "WF") for char in line.rstrip())
    runs = [match.span() for match in re.finditer("-+", dashes)]
    begins = (0,) if wide[:1].isspace() else range(len(dashes))
    fits = [fit for at in begins if (fit := _cut(" " * at + wide, runs))]
    return max(fits, key=lambda fit: fit[0])[1] if fits else []


def _cut(line: str, runs: Sequence[tuple[int, int]]) -> tuple[int, list[str]] | None:
    """Return how many cells are flush with their dashes, and the cells; None where a word crosses the space between."""
    if len(line) > runs[-1][1]:
        return None
    cuts = [0]
    for (_, end), (start, _) in pairwise(runs):
        space = next((at for at in range(end, start) if not line[at : at + 1].strip()), None)
        if space is None:
            return None
        cuts.append(space)
    flush, cells = 0, []
    for (start, end), (a, b) in zip(runs, pairwise([*cuts, len(line)]), strict=True):
        cell = line[a:b]
        begins, ends = a + len(cell) - len(cell.lstrip()), a + len(cell.rstrip())
        flush += bool(cell.strip()) and (begins == start or ends == end)
        cells.append(cell.replace(FILLER, "").strip())
    return flush, cells
