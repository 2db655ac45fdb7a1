"""Lines of a column -> headings, paragraphs, list items and code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from statistics import median
from typing import Literal

from ingest.parse.counts import counts_of
from ingest.read.pdf.layout import Column
from ingest.read.pdf.segments import Segment

BULLET = re.compile(r"[•◦▪‣·●○■□➢✓*–—-](?=\S)")
NUMBER = re.compile(r"(\d{1,3})[.)．](?=[^\d\s])")
LARGER = 1.12  # times the body's size, from which a line is a heading
ALIKE = 0.94  # of a size, that is still the same
LONG = 120  # letters of a heading at most
BOLD_LONG = 60  # of one that is bold only
LEVELS = 4  # sizes of headings that are told apart
ENDS = tuple("。；;，,:：、!！?？.")
FULL = "。！？；：.!?;:”’」』）)"  # what a paragraph ends with, more often than not
CLOSING = "，。、；：？！）」』》”’%"  # what no line begins with
UNFINISHED = 0.2  # of the column's width, that the last line of a paragraph without an end of a sentence leaves free
BOLD, FIXED = attrgetter("bold"), attrgetter("fixed")
PITCH = 1.35  # times the usual distance of lines, that parts paragraphs


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines that belong together; `level` is a heading's, `indent` a list item's depth in columns."""

    kind: Literal["heading", "paragraph", "item", "code"]
    lines: tuple[Segment, ...]
    level: int = 0
    mark: str = ""  # of an item, as Markdown writes it
    skip: int = 0  # characters of the first line that are its mark


@dataclass(frozen=True, slots=True)
class Style:
    """What the document's text looks like: the body's size, the sizes of headings, titles in its table of contents."""

    body: float
    larger: tuple[float, ...]
    titles: Mapping[str, int]


def style_of(lines: Iterable[Segment], titles: Mapping[str, int]) -> Style:
    counts: Counter[float] = Counter()
    for line in lines:
        counts[_rounded(line.size)] += len(line.chars)
    body = counts.most_common(1)[0][0] if counts else 0.0
    larger: list[float] = []
    for size in sorted((size for size in counts if size >= body * LARGER), reverse=True):
        if not larger or size < ALIKE * larger[-1]:
            larger.append(size)
    return Style(body, tuple(larger), titles)


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def blocks_of(column: Column, style: Style, right: float) -> Iterator[TextBlock]:
    """Cut a column into blocks; `right` is where a full line ends."""
    lines = column.lines
    pitches = [b.middle - a.middle for a, b in pairwise(lines) if abs(a.size - b.size) < 0.1 * a.size]
    pitch = median(pitches) if len(pitches) > 2 else 0.0
    looks = [_look(line) for line in lines]
    start = 0
    for index in range(1, len(lines) + 1):
        same = index < len(lines) and looks[index] == looks[start]
        if not same or (looks[start] != "code" and _parted(lines[start:index], lines[index], pitch, right)):
            yield _block(lines[start:index], looks[start] == "code", style)
            start = index


def _parted(held: Sequence[Segment], line: Segment, pitch: float, right: float) -> bool:
    first, last = held[0], held[-1]
    if abs(last.size - line.size) > 0.08 * last.size:
        return True
    if line.middle - last.middle > PITCH * (pitch or 1.4 * last.size):
        return True
    if BULLET.match(line.text) or (_counts(line.text) and (_counts(first.text) or _is_short(last, line, right))):
        return True
    in_item = BULLET.match(first.text) or _counts(first.text)
    if line.x0 - last.x0 > 0.9 * line.size and not (in_item and len(held) == 1):
        return True
    return _is_short(last, line, right)


def _counts(text: str) -> bool:
    return bool(NUMBER.match(text) or counts_of(text))


def _is_short(last: Segment, line: Segment, right: float) -> bool:
    """Whether what begins the next line would have fitted on the last one."""
    chars = line.chars
    word = 0
    while word < len(chars) - 1 and _is_latin(chars[word].text) and not _gap(line, word):
        word += 1
    while word < len(chars) - 1 and chars[word + 1].text in CLOSING:
        word += 1
    width = chars[word].x1 - line.x0 + 0.7 * line.size
    whole = last.chars[-1].text in FULL
    return right - last.x1 > (width if whole else max(width, UNFINISHED * (right - last.x0)))


def _gap(line: Segment, index: int) -> bool:
    return line.chars[index + 1].x0 - line.chars[index].x1 > 0.15 * line.size


def _is_latin(text: str) -> bool:
    return text < "\u2e80"


def _look(line: Segment) -> str:
    return "code" if _is_code(line) else "bold" if _is_bold(line) else "plain"


def _is_bold(line: Segment) -> bool:
    return bool(sum(map(BOLD, line.chars)) > 0.9 * len(line.chars))


def _is_code(line: Segment) -> bool:
    return sum(map(FIXED, line.chars)) > 0.9 * len(line.chars) and any(char.text.isalpha() for char in line.chars)


def _block(lines: Sequence[Segment], is_code: bool, style: Style) -> TextBlock:
    text = "".join(line.text for line in lines)
    held = tuple(lines)
    if level := _level(lines, text, style):
        return TextBlock("heading", held, level)
    if is_code:
        return TextBlock("code", held)
    if match := BULLET.match(text):
        return TextBlock("item", held, mark="- ", skip=match.end())
    if match := NUMBER.match(text):
        return TextBlock("item", held, mark=f"{match[1]}. ", skip=match.end())
    if counts_of(text):  # its mark stays as it is
        return TextBlock("item", held)
    return TextBlock("paragraph", held)


def _level(lines: Sequence[Segment], text: str, style: Style) -> int:
    """Return the level of a heading, 0 for text."""
    if listed := style.titles.get(plain(text)):
        return min(listed, 6)
    size = _rounded(lines[0].size)
    if len(lines) > 3 or len(text) > LONG or not any(char.isalpha() for char in text):
        return 0
    if size >= style.body * LARGER:
        above = sum(size < ALIKE * other for other in style.larger)
        return min(above + 1, LEVELS)
    short = len(lines) == 1 and len(text) <= BOLD_LONG and not text.endswith(ENDS)
    return min(len(style.larger), LEVELS) + 1 if short and _is_bold(lines[0]) and size >= style.body else 0


def plain(title: str) -> str:
    """Return a title as it is compared: without white space and case."""
    return "".join(title.split()).lower()
