"""What is not read as Markdown: fences, formulas and HTML, each from its first line to the line after its last."""

import re
from dataclasses import dataclass
from typing import Literal

from ingest.parse.html import UnclosedError, html_block
from ingest.parse.lines import Line

RawKind = Literal["code", "formula", "hidden", "html", "open"]

# Also right after a list marker.
FENCE = re.compile(r"\s*(?:(?:[-*+]|\d{1,3}[.)])\s+)?(`{3,}(?=[^`]*$)|~{3,})")
# Azure DevOps; other blocks of colons hold text.
DIAGRAM = re.compile(r"\s*(:{3,})[ \t]*mermaid\b", re.IGNORECASE)
MOST_FORMULA = 200  # lines


@dataclass(frozen=True, slots=True)
class Raw:
    """`hidden` is shown to no reader; `html` has text between its tags; `open` is text after a fence without an end."""

    kind: RawKind
    stop: int


def raw_blocks(lines: list[Line], warnings: list[str], start: int = 0) -> dict[int, Raw]:
    """Find them from line `start` on, by their first line; what is never closed is text, and a warning says so."""
    spans: dict[int, Raw] = {}
    unclosed: dict[str, int] = {}  # the shortest fence of each mark that has no end
    endless: set[str] = set()  # what would end HTML that has no end
    index = start
    in_paragraph = False
    while index < len(lines):
        found = _markdown(lines, index, unclosed, warnings) or _html(lines, index, in_paragraph, endless, warnings)
        in_paragraph = found is None and not lines[index].blank and not lines[index].text.lstrip().startswith("#")
        if found is not None:
            spans[index] = found
        index = found.stop if found else index + 1
    return spans


def _markdown(lines: list[Line], index: int, unclosed: dict[str, int], warnings: list[str]) -> Raw | None:
    if match := FENCE.match(lines[index].text) or DIAGRAM.match(lines[index].text):
        return _fence(lines, index, match[1], unclosed, warnings)
    text = lines[index].text.strip()
    formula = (text.startswith("$$") and text.count("$$") == 1) or text == r"\["
    return _formula(lines, index, text, warnings) if formula else None


def _html(lines: list[Line], index: int, in_paragraph: bool, endless: set[str], warnings: list[str]) -> Raw | None:
    try:
        found = html_block(lines, index, in_paragraph, endless)
    except UnclosedError as error:
        warnings.append(f"line {index + 1}: HTML {str(error)!r} is never closed; read as text")
        return None
    return Raw(*found) if found else None


def _fence(lines: list[Line], index: int, mark: str, unclosed: dict[str, int], warnings: list[str]) -> Raw | None:
    # What closes a longer fence closes a shorter one too: a second scan would find nothing either.
    if len(mark) >= unclosed.get(mark[0], 1 << 30):
        return None
    closing = re.compile(rf"\s*{re.escape(mark[0])}{{{len(mark)},}}\s*$")
    for stop in range(index + 1, len(lines)):
        if closing.match(lines[stop].text):
            return Raw("code", stop + 1)
    unclosed[mark[0]] = len(mark)
    warnings.append(f"line {index + 1}: code fence {mark!r} is never closed; read as text")
    stop = index + 1
    while stop < len(lines) and not lines[stop].blank:
        stop += 1
    return Raw("open", stop)


def _formula(lines: list[Line], index: int, text: str, warnings: list[str]) -> Raw | None:
    close = "$$" if text.startswith("$$") else r"\]"
    for stop in range(index + 1, min(index + MOST_FORMULA, len(lines))):
        if close in lines[stop].text:
            return Raw("formula", stop + 1)
        if lines[stop].blank and stop > index + 1:
            break
    warnings.append(f"line {index + 1}: formula {text[:20]!r} is never closed; read as text")
    return None
