"""HTML in Markdown, as CommonMark 0.31 has it in sections 4.6 and 6.6: blocks, and the text between their tags."""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Literal

from ingest.parse.lines import Line

# Tags that begin a block (4.6, kind 6); the text on either side of one belongs to different paragraphs.
NAMES = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt"
    "|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu"
    "|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr"
    "|track|ul"
)
ATTRIBUTES = r"(?:\s+[A-Za-z_:][\w:.-]*(?:\s*=\s*(?:[^\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?)*"
# A whole tag, whatever its name.
TAG = re.compile(rf"<[A-Za-z][A-Za-z0-9-]*{ATTRIBUTES}\s*/?>|</[A-Za-z][A-Za-z0-9-]*\s*>")
PARTING = re.compile(rf"</?(?:{NAMES}|br)\b{ATTRIBUTES}\s*/?>|<!--(?:.*?)-->", re.IGNORECASE | re.DOTALL)
ALTERNATIVE = re.compile(
    r"<img\b[^<>]*?\salt\s*=\s*(?P<mark>[\"'])(?P<text>[^\"'<>]*\w[^\"'<>]*)(?P=mark)", re.IGNORECASE
)
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
# Kinds 1 to 5: what begins a block that only its own end ends, whatever stands between.
# So is a diagram that a script draws.
VERBATIM = re.compile(r"[ \t]*<(pre|textarea|div(?=[^>]*\bmermaid\b))(?:[\s>]|$)", re.IGNORECASE)
UNSEEN: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "script": (
        re.compile(r" {0,3}<(?:script|style)(?:[\s>]|$)", re.IGNORECASE),
        re.compile("</(?:script|style)>", re.I),
    ),
    "comment": (re.compile(r" {0,3}<!--"), re.compile("-->")),
    "instruction": (re.compile(r" {0,3}<\?"), re.compile(r"\?>")),
    "section": (re.compile(r" {0,3}<!\[CDATA\["), re.compile(r"\]\]>")),
    "declaration": (re.compile(r" {0,3}<![A-Za-z]"), re.compile(">")),
}
BLOCK = re.compile(rf" {{0,3}}</?(?:{NAMES})(?:\s|/?>|$)", re.IGNORECASE)
ALONE = re.compile(rf" {{0,3}}(?:{TAG.pattern})[ \t]*$")
COMPONENT = re.compile(r"\s*</?[A-Z]")  # of MDX: between its tags stands Markdown
HEADING = re.compile(rf" {{0,3}}<h([1-6])(?:{ATTRIBUTES})\s*>(.*?)</h\1\s*>\s*", re.IGNORECASE)

HtmlKind = Literal["code", "hidden", "html"]


class UnclosedError(ValueError):
    """A block that nothing ends; the message names what is missing."""


def html_heading(line: str) -> tuple[int, str] | None:
    """Return (level, title) of a heading that a line of HTML is, None for any other line."""
    match = HEADING.fullmatch(line) if line.lstrip()[:2].lower() == "<h" else None
    title = " ".join(TAG.sub("", match[2]).split()) if match else ""
    return (int(match[1]), unescape(title)) if match and title else None


def html_block(
    lines: Sequence[Line], index: int, in_paragraph: bool, unclosed: set[str]
) -> tuple[HtmlKind, int] | None:
    """Return the kind of the HTML block that begins at a line and the line after its last, None where none begins.

    Raises UnclosedError for one of the kinds that run to an end of their own and have none; `unclosed` keeps the ends
    that are known to be missing, so that they are looked for once.
    """
    text = lines[index].text
    if "<" not in text:
        return None
    if match := VERBATIM.match(text):
        stop = _closed(lines, index, re.compile(rf"</{match[1].lower()}>", re.IGNORECASE), unclosed)
        return ("code", stop) if stop else None
    for kind, (begins, ends) in UNSEEN.items():
        if begins.match(text):
            stop = _closed(lines, index, ends, unclosed)
            # Behind the end of a comment there may be text.
            return ("html" if kind == "comment" else "hidden", stop) if stop else None
    if html_heading(text):
        return None
    if BLOCK.match(text) or (not in_paragraph and ALONE.match(text) and not COMPONENT.match(text)):
        comment = UNSEEN["comment"][0]
        stop = index + 1
        while stop < len(lines) and not lines[stop].blank:
            if comment.match(lines[stop].text) or html_heading(lines[stop].text):
                break
            stop += 1
        return "html", stop
    return None


def _closed(lines: Sequence[Line], index: int, end: re.Pattern[str], unclosed: set[str]) -> int:
    """Return the line after the first that has the end, 0 where it is known to be missing."""
    if end.pattern in unclosed:
        return 0
    for stop in range(index, len(lines)):
        if end.search(lines[stop].text):
            return stop + 1
    unclosed.add(end.pattern)
    raise UnclosedError(lines[index].text.strip()[:20])


def texts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of text[start:end] that block tags and comments part, those without a word left out.

    Tags in code spans are text. A picture by itself is its alternative text.
    """
    if "<" not in text[start:end]:
        yield start, end
        return
    code = [match.span() for match in CODE_SPAN.finditer(text, start, end)]
    begin = start
    tags = [match.span() for match in PARTING.finditer(text, start, end)]
    for tag, after in [*tags, (end, end)]:
        if any(a < tag < b for a, b in code):
            continue
        piece = text[begin:tag]
        if any(char.isalnum() for char in TAG.sub("", piece)):
            yield begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip())
        else:
            yield from (match.span("text") for match in ALTERNATIVE.finditer(text, begin, tag))
        begin = after
