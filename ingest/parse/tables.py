"""Tables of Markdown: with pipes, with pipes between the columns alone, in a grid, and with spaces between columns."""

import re
from collections.abc import Callable, Sequence

from ingest.parse.lines import Line
from ingest.parse.simple_tables import simple_end

# What stands below a table's head: dashes, and what keyboards and word processors make of them.
RULING = frozenset("|-: \t+=－—–─―＝：")
BORDER = re.compile(r"[ \t]*\+(?:[-=:]{3,}\+)+[ \t]*")  # of a grid table


def table_end(lines: Sequence[Line], index: int) -> int:
    """Return the line after the last of the table that begins at a line, 0 where none begins."""
    text = lines[index].text
    if text.lstrip().startswith("|"):
        return _while(lines, index, lambda line: line.text.lstrip().startswith("|"))
    if BORDER.fullmatch(text) and index + 1 < len(lines) and lines[index + 1].text.lstrip().startswith("|"):
        return _while(lines, index, lambda line: line.text.lstrip().startswith(("|", "+")))
    if is_bare(lines, index):
        return _while(lines, index, lambda line: "|" in line.text)
    return simple_end(lines, index)


def is_bare(lines: Sequence[Line], index: int) -> bool:
    """A table whose rows have no outer pipes is known by its separator row."""
    below = lines[index + 1].text if index + 1 < len(lines) else ""
    return "|" in lines[index].text and {"|", "-"} <= set(below) <= set("|-: \t")


def table_head(text: str) -> int:
    """Return the length of a table's head: its first line, and the line of dashes below it where there is one.

    The head of a grid table ends with the border that has `=`, else with its second.
    """
    if text.startswith("+"):
        borders = list(re.finditer(r"^[ \t]*\+[-=:+]+", text, re.MULTILINE))
        last = next((match for match in borders if "=" in match[0]), borders[min(1, len(borders) - 1)])
        return last.end()
    first = text.find("\n") + 1
    second = text.find("\n", first)
    below = text[first : second if second >= 0 else len(text)]
    if first and set(below.strip()) <= RULING:
        return first + len(below)
    return max(first - 1, 0)


def _while(lines: Sequence[Line], index: int, keep: Callable[[Line], bool]) -> int:
    while index < len(lines) and keep(lines[index]):
        index += 1
    return index
