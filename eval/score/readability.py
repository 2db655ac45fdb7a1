"""Faults that a reader stumbles over, whatever an answer says: each is told from its Markdown alone."""

import re
from collections.abc import Iterator

from eval.score.prose import HEADING, MARK, announces

_ITEM = re.compile(r"(\s*)(?:[-*+]|(\d{1,3})[.)])\s+\S")
_DELIMITER = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-*:?\s*)*\|?\s*$")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,}|\$\$\s*$)")
# What points at a place that the reader of an answer does not see.
_HANGING = re.compile(
    r"(?:见|参考|参见|同|如)(?:上|前|下)(?:一(?:题|节|问)|文|述|所述)|(?:上|前)(?:一题|文所述|文提到|面所述|面提到)"
    r"|\bsee (?:above|below|the (?:previous|next) (?:question|section))\b",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u4e00-\u9fff]")


def faults(answer: str, language: str, said_so: bool = False) -> list[str]:
    """Return the names of an answer's faults, one for each time.

    "announcement": what is announced does not follow. "numbering": of two steps that follow each
    other the second is not the next one. "orphan": an item is indented below nothing. "table": rows without a head.
    "reference": it points at what is not shown. "language": the body is in another one than the question's, and
    nothing says so (`said_so`).
    """
    lines = list(_prose(MARK.sub("", answer)))
    found = [*_announcements(lines), *_lists(lines), *_tables(lines)]
    found += ["reference"] * sum(bool(_HANGING.search(line)) for line in lines)
    letters = sum(map(str.isalpha, answer))
    foreign = language == "en" and len(_HAN.findall(answer)) * 2 > letters
    return found + ["language"] * (foreign and not said_so)


def _prose(answer: str) -> Iterator[str]:
    """Yield lines without blank ones; a code or formula block is one line."""
    fenced = False
    for line in answer.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
            if fenced:
                yield "```"
        elif not fenced and line.strip():
            yield line.rstrip()


def _announcements(lines: list[str]) -> Iterator[str]:
    """An announcement is followed by a block, or by a deeper or first item; not by the end, a heading, a sibling."""
    for line, after in zip(lines, [*lines, ""][1:], strict=True):
        if HEADING.match(line) or not announces(line):
            continue
        item, next_item = _ITEM.match(line), _ITEM.match(after)
        sibling = item and next_item and len(next_item[1]) <= len(item[1])
        if not after or HEADING.match(after) or sibling:
            yield "announcement"


def _lists(lines: list[str]) -> Iterator[str]:
    last: dict[int, int] = {}  # the number of the last step, by its indent
    within = False
    for line in lines:
        item = _ITEM.match(line)
        if item is None:
            if line != "```" and not line.startswith((" ", "|")):
                within = False
                if HEADING.match(line):
                    last = {}
            continue
        indent = len(item[1])
        if indent and not within:
            yield "orphan"
        within = True
        last = {depth: number for depth, number in last.items() if depth <= indent}
        if item[2]:
            number = int(item[2])
            if number not in (1, last.get(indent, number - 1) + 1):
                yield "numbering"
            last[indent] = number


def _tables(lines: list[str]) -> Iterator[str]:
    for before, line, after in zip(["", *lines][: len(lines)], lines, [*lines, ""][1:], strict=True):
        begins = line.lstrip().startswith("|") and not before.lstrip().startswith("|")
        if begins and not (after.lstrip().startswith("|") and _DELIMITER.match(after.strip())):
            yield "table"
