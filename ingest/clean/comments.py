"""What Markdown shows to nobody: HTML comments, scripts, styles, and link definitions that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.clean.report import Edit, edits
from ingest.parse.html import UNSEEN
from ingest.parse.items import MARKER
from ingest.parse.lines import Line, lines_of
from ingest.parse.raw import Raw, raw_blocks

Cut = tuple[int, int, str]  # a span and what it was

SIGN = re.compile(r"(?P<ticks>`+)|(?P<comment><!--)")
NOWHERE = re.compile(r" {0,3}\[[^\]\n]+\]:[ \t]*(?:#|<#?>)[ \t]*(?:\(.*\)|\".*\"|'.*')[ \t]*")  # [//]: # (a comment)
GAP = re.compile(r"\n[ \t]*\n")
CODE_INDENT = 4  # columns that make a line code where no list holds it


def remove_comments(text: str) -> tuple[str, list[Edit]]:
    """Take them out; code keeps what looks like one, and a comment without an end is text."""
    if "<" not in text and "]:" not in text:
        return text, []
    lines = list(lines_of(text))
    raw = raw_blocks(lines, [])
    pieces: list[str] = []
    found: list[tuple[str, int]] = []
    place = 0
    for start, end, what in sorted(_cuts(text, lines, raw)):
        if start >= place:
            pieces.append(text[place:start])
            found.append((what, start))
            place = end
    return "".join([*pieces, text[place:]]), edits(text, found)


def _cuts(text: str, lines: Sequence[Line], raw: dict[int, Raw]) -> Iterator[Cut]:
    code = _code(lines, raw)
    for index, block in raw.items():
        if block.kind == "hidden" and UNSEEN["script"][0].match(lines[index].text):
            yield lines[index].start, lines[block.stop - 1].end, "script or style removed"
    begin = 0
    for number, line in enumerate([*lines, None]):
        if line is None or number in code:
            end = len(text) if line is None else line.start
            yield from _comments(text, begin, end)
            begin = len(text) if line is None else line.end
        elif NOWHERE.fullmatch(line.text):
            yield line.start, line.end, "comment removed"


def _comments(text: str, start: int, end: int) -> Iterator[Cut]:
    """Yield the comments of a stretch without code blocks; what stands in a code span is none."""
    while match := SIGN.search(text, start, end):
        start = match.end()
        if ticks := match["ticks"]:
            gap = GAP.search(text, start, end)
            close = re.compile(rf"(?<!`){ticks}(?!`)").search(text, start, gap.start() if gap else end)
            start = close.end() if close else start
            continue
        # <!--> and <!---> are comments too. One that begins within a line may not hold a blank line, says CommonMark;
        # whoever closes it behind one means it all the same.
        close_at = text.find("-->", start - 2)
        if close_at >= 0:
            start = close_at + 3
            yield match.start(), start, "comment removed"


def _code(lines: Sequence[Line], raw: dict[int, Raw]) -> set[int]:
    """The lines of code and formulas: fenced, in <pre>, or indented outside of lists."""
    code = {i for start, block in raw.items() if block.kind in ("code", "formula") for i in range(start, block.stop)}
    in_list, begins = False, True  # whether a line of code may begin here: not within a paragraph
    for number, line in enumerate(lines):
        if line.blank:
            begins = True
            continue
        column = len(line.text.expandtabs(CODE_INDENT)) - len(line.text.expandtabs(CODE_INDENT).lstrip())
        in_list = bool(MARKER.match(line.text)) or (in_list and (column > 0 or not begins))
        begins = begins and column >= CODE_INDENT and not in_list
        if begins:
            code.add(number)
    return code
