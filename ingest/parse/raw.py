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
# MyST: fences whose name in braces says what is in them; all but these hold text, and their options are none.
DIRECTIVE = re.compile(r"[ \t]*(`{3,}|~{3,})\{(?P<name>[a-z][\w:-]*)\}")
CODES = {
    "code",
    "code-block",
    "code-cell",
    "sourcecode",
    "literal",
    "math",
    "mermaid",
    "graphviz",
    "eval-rst",
    "prompt",
}
ELSEWHERE = {"include", "literalinclude", "toctree", "image", "figure", "contents", "index", "raw", "bibliography"}
OPTION = re.compile(r"[ \t]*:[a-z][\w-]*:(?:\s|$)")
# MDX: programs between paragraphs, up to a blank line; comments.
PROGRAM = re.compile(r"import[ \t]+(?:[\w{*\"'])|export[ \t]+(?:const|let|var|default|function|async|class|\{|\*)")
IMPORTED = re.compile(r"(?:^import|\bfrom)[ \t]+(?:'[^']+'|\"[^\"]+\");?[ \t]*$")
# Comments by their ends: of MDX; of Obsidian.
REMARKS = {"*/}": re.compile(r" {0,3}\{/\*"), "%%": re.compile(r" {0,3}%%[ \t]*$")}


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
        if index in spans:  # the end of a directive
            index, in_paragraph = spans[index].stop, False
            continue
        text = _directive(lines, index, spans, unclosed)
        found = None if text else _markdown(lines, index, unclosed, warnings)
        found = found or (None if text else _program(lines, index, in_paragraph, endless))
        if not found and not text and index not in spans:
            found = _html(lines, index, in_paragraph, endless, warnings)
        in_paragraph = found is None and not lines[index].blank and not lines[index].text.lstrip().startswith("#")
        if found is not None:
            spans[index] = found
        index = found.stop if found else index + 1
    return spans


def _markdown(lines: list[Line], index: int, unclosed: dict[str, int], warnings: list[str]) -> Raw | None:
    if (match := DIRECTIVE.match(lines[index].text)) and match["name"] in ELSEWHERE:
        found = _fence(lines, index, match[1], unclosed, warnings)
        return Raw("hidden", found.stop) if found else None
    if match := FENCE.match(lines[index].text) or DIAGRAM.match(lines[index].text):
        return _fence(lines, index, match[1], unclosed, warnings)
    text = lines[index].text.strip()
    formula = (text.startswith("$$") and text.count("$$") == 1) or text == r"\["
    return _formula(lines, index, text, warnings) if formula else None


def _directive(lines: list[Line], index: int, spans: dict[int, Raw], unclosed: dict[str, int]) -> bool:
    """Hide what ends a fence of text and its options; whether it begins at this line, which is read for its title."""
    match = DIRECTIVE.match(lines[index].text) if "{" in lines[index].text else None
    if not match or match["name"] in CODES | ELSEWHERE or len(match[1]) >= unclosed.get(match[1][0], 1 << 30):
        return False
    closing = re.compile(rf"[ \t]*{re.escape(match[1][0])}{{{len(match[1])},}}[ \t]*")
    end = next((i for i in range(index + 1, len(lines)) if closing.fullmatch(lines[i].text)), 0)
    option = index + 1
    while end and option < end and OPTION.match(lines[option].text):
        spans[option] = Raw("hidden", option + 1)
        option += 1
    if end:
        spans[end] = Raw("hidden", end + 1)
    return bool(end)


def _program(lines: list[Line], index: int, in_paragraph: bool, endless: set[str]) -> Raw | None:
    """What MDX runs, imports and exports, and comments over several lines."""
    text = lines[index].text
    for close, begins in REMARKS.items():
        if begins.match(text) and close not in endless:
            first = index + (close == "%%")
            end = next((i for i in range(first, len(lines)) if close in lines[i].text), None)
            if end is not None:
                return Raw("hidden", end + 1)
            endless.add(close)
    if in_paragraph or not PROGRAM.match(text):
        return None
    stop = next((i for i in range(index, len(lines)) if lines[i].blank), len(lines))
    imported = any(IMPORTED.search(lines[i].text) for i in range(index, stop))
    return Raw("hidden", stop) if imported or text.startswith("export") else None


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
