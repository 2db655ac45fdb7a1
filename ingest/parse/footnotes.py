"""Footnotes: a definition such as `[^1]: …` is read where a mark `[^1]` of it stands, not where it was written."""

import re
from collections.abc import Sequence

from ingest.parse.lines import Line

DEFINITION = re.compile(r" {0,3}\[\^(?P<label>[^\]\s]{1,40})\]:\s*(?=\S|$)")
# The label of a mark; a definition's own is none.
MARK = re.compile(r"^ {0,3}\[\^[^\]\s]{1,40}\]:|\[\^([^\]\s]{1,40})\]", re.MULTILINE)
DEEP = 2  # spaces before a further paragraph of a definition; CommonMark's extensions want 4, writers put 2


def marked(text: str) -> tuple[str, ...]:
    """Return the labels of a text's marks, in their order, each once."""
    return tuple(dict.fromkeys(match[1] for match in MARK.finditer(text) if match[1]))


def definition_end(lines: Sequence[Line], index: int) -> int:
    """Return the line after the last of the definition that begins at a line."""
    stop = index + 1
    while stop < len(lines) and not DEFINITION.match(lines[stop].text):
        if lines[stop].blank:
            follow = next((i for i in range(stop, len(lines)) if not lines[i].blank), len(lines))
            if follow == len(lines) or lines[follow].indent < DEEP:
                break
            stop = follow
        elif lines[stop].text.startswith("#"):
            break
        else:
            stop += 1
    return stop
