"""Which lines begin an item of a list: those that Markdown marks, and those that count on."""

import re
from collections.abc import Collection, Sequence

from ingest.parse.counts import counts_of
from ingest.parse.lines import Line

MARKER = re.compile(r"(\s*)(?:[-*+]|\d{1,3}[.)])(?:\s+\S|\s*$)")
ENDS = tuple('。；;：:.!！?？…)）】」”"*_')  # of a line above a list, without a blank line between
AFTER = ("#", "|", ">", "`", "~", "$")


def items_of(lines: Sequence[Line], code: Collection[int]) -> frozenset[int]:
    """Return the lines that begin an item.

    Outside of `code` a mark that Markdown does not know is one of a list where another, of the same form and depth,
    counts on from it or leads up to it: a "(1)" alone begins a sentence.
    """
    found: set[int] = set()
    last: dict[tuple[str, int], tuple[int, int]] = {}  # by form and depth: the line, and what it counts
    for index, line in enumerate(lines):
        if MARKER.match(line.text):
            found.add(index)
            continue
        counts = () if index in code else counts_of(line.text)
        begins = bool(counts) and (index - 1 in found or _begins(lines, index))
        for count in counts:
            above = last.get((count.form, line.indent))
            if above and above[1] == count.number - 1:
                found.update((above[0], index))
            elif not begins:
                continue
            last[count.form, line.indent] = index, count.number
    return frozenset(found)


def _begins(lines: Sequence[Line], index: int) -> bool:
    """Whether a list may begin at a line: not where a line of prose happened to be broken."""
    above = lines[index - 1].text.strip() if index else ""
    return not above or above.endswith(ENDS) or bool(counts_of(above)) or above.startswith(AFTER)
