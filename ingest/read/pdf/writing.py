"""Blocks and tables of pages -> Markdown, and the stretches that lead back to the pages."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter, sub

from ingest.read.origin import Stretch
from ingest.read.pdf.blocks import FULL, TextBlock
from ingest.read.pdf.chars import Char, Frame, across, along
from ingest.read.pdf.segments import LEFT, RIGHT, TEXT, Segment

WORD_GAP = 0.12  # of the text's height between letters, from which it is a space
HAN_GAP = 0.5  # the same beside a Chinese character
BACK = 0.3  # of it, that a letter after a space of the file may begin before the last one's end
SIZE, SPACED = attrgetter("size"), attrgetter("spaced")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page that text is written from; `ocr` is how sure the recognition of it was, None for text of the file."""

    number: int
    frame: Frame
    ocr: float | None = None


@dataclass(slots=True)
class Writing:
    """Markdown as it grows, with where each stretch of it stands."""

    pieces: list[str] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    length: int = 0
    last: TextBlock | None = None

    def add(self, text: str) -> None:
        """Add what stands on no page."""
        self.pieces.append(text)
        self.length += len(text)

    def _drop(self, text: str) -> None:
        assert self.pieces.pop() == text
        self.length -= len(text)

    def block(self, block: TextBlock, sheet: Sheet) -> None:
        """Add a block and a blank line; a paragraph that the last column or page left unfinished goes on."""
        if self.last and _goes_on(self.last, block):
            self._drop("\n\n")
            if not (_is_han(self.last.lines[-1].chars[-1].text) or _is_han(block.lines[0].chars[0].text)):
                self.add(" ")
        elif self.last and self.last.kind == "item" != block.kind:
            self.add("\n")
        self.last = block
        if block.kind == "heading":
            self.add("#" * block.level + " ")
        elif block.kind == "item":
            self.add(block.mark)
        if block.kind == "code":
            self._code(block.lines, sheet)
        else:
            self._joined(block.lines, sheet, block.skip)
        self.add("\n" if block.kind == "item" else "\n\n")

    def table(self, rows: Sequence[tuple[Sequence[Sequence[Segment]], Sheet]]) -> None:
        """Add a pipe table, whose first row is its head, and a blank line."""
        if self.last and self.last.kind == "item":
            self.add("\n")
        self.last = None
        for number, (row, sheet) in enumerate(rows):
            self.add("|")
            for cell in row:
                self.add(" ")
                self._joined(cell, sheet, 0, cell=True)
                self.add(" |" if cell else "|")
            self.add("\n" + "|---" * len(row) + "|\n" if number == 0 else "\n")
        self.add("\n")

    def _joined(self, lines: Sequence[Segment], sheet: Sheet, skip: int, cell: bool = False) -> None:
        """Add lines as one: a space between words, none beside a Chinese character or where a word was parted."""
        for index, line in enumerate(lines):
            chars = line.chars[skip if not index else 0 :]
            if index + 1 < len(lines) and _is_parted_word(line, lines[index + 1]):
                chars = chars[:-1]
                self._line(chars, line.level, sheet, cell)
                continue
            self._line(chars, line.level, sheet, cell)
            if index + 1 < len(lines) and not (_is_han(chars[-1].text) or _is_han(lines[index + 1].chars[0].text)):
                self.add(" ")

    def _code(self, lines: Sequence[Segment], sheet: Sheet) -> None:
        self.add("```\n")
        left = min(line.x0 for line in lines)
        for line in lines:
            width = sum(char.x1 - char.x0 for char in line.chars) / len(line.chars)
            self.add(" " * round((line.x0 - left) / width))
            self._line(line.chars, line.level, sheet, False)
            self.add("\n")
        self.add("```")

    def _line(self, chars: Sequence[Char], level: bool, sheet: Sheet, cell: bool) -> None:
        """Add characters of one line, as one stretch for each stretch without anything made up."""
        texts = list(map(TEXT, chars))
        whole = "".join(texts)
        if len(whole) > len(chars):
            chars = [letter for char in chars for letter in _letters(char)]
            texts = list(whole)
        begins = not cell and self._begins_line() and texts and texts[0] in "#>|~`"
        escaped = [0] if begins else [i for i, text in enumerate(texts) if text == "|"] if cell else []
        edges = list(map(LEFT, chars))
        spaces = _spaces(chars, edges, level and whole.isascii())
        for space in reversed(spaces):
            texts.insert(space, " ")
            edges.insert(space, chars[space - 1].x1)
        made_up = 0
        for number, (start, stop) in enumerate(pairwise([0, *escaped, len(chars)])):
            if number:
                self.add("\\")
            here = sum(start < space <= stop for space in spaces)
            own = slice(start + made_up, stop + made_up + here)
            self._run("".join(texts[own]), edges[own], chars[start:stop], level, sheet)
            made_up += here

    def _begins_line(self) -> bool:
        return not self.pieces or self.pieces[-1].endswith("\n")

    def _run(self, text: str, edges: Sequence[float], chars: Sequence[Char], level: bool, sheet: Sheet) -> None:
        if not chars:
            return
        start, way, frame = self.length, chars[0].way, sheet.frame
        self.add(text)
        alike = chars[:1] if level else chars
        size = max(char.size for char in alike)
        main = [char for char in alike if char.size >= 0.8 * size]
        middles = [(char.y0 + char.y1) / 2 for char in alike]
        top = min(min(char.y0 for char in main), min(middles) - 0.5)
        bottom = max(max(char.y1 for char in main), max(middles) + 0.5)
        near, far = across(way, top, bottom, frame)
        ends = [*edges, chars[-1].x1]
        places = array("f", ends if way == "right" else [along(way, edge, frame) for edge in ends])
        self.stretches.append(Stretch(start, sheet.number, way, round(near, 2), round(far, 2), places, sheet.ocr))


def _letters(char: Char) -> list[Char]:
    """Part a ligature into its letters, as wide as each other."""
    share, count = (char.x1 - char.x0) / len(char.text), len(char.text)
    lefts = [char.x0 + share * i for i in range(count)]
    spaced = [char.spaced, *[False] * (count - 1)]
    rights = [*lefts[1:], char.x1]
    return [
        char._replace(text=text, x0=x0, x1=x1, spaced=is_spaced)
        for text, x0, x1, is_spaced in zip(char.text, lefts, rights, spaced, strict=True)
    ]


def _goes_on(above: TextBlock, block: TextBlock) -> bool:
    """Whether a paragraph at the head of a column or page is the rest of the one above, which ends in mid-sentence."""
    if above.kind != "paragraph" or block.kind != "paragraph":
        return False
    a, b = above.lines[-1], block.lines[0]
    elsewhere = b.y0 < a.y0 or b.x0 > a.x1
    return elsewhere and a.chars[-1].text not in FULL and abs(a.size - b.size) < 0.08 * a.size


def _spaces(chars: Sequence[Char], edges: Sequence[float], alike: bool) -> list[int]:
    """Return before which characters of a line there is a space; `alike` ones are Latin and of one size."""
    gaps = list(zip(map(sub, edges[1:], map(RIGHT, chars)), map(SPACED, chars[1:]), strict=False))
    if alike:
        least, most = WORD_GAP * chars[0].size, -BACK * chars[0].size
        return [i for i, (gap, spaced) in enumerate(gaps, 1) if gap > least or (spaced and gap > most)]
    least = WORD_GAP * min(map(SIZE, chars), default=0.0)  # most gaps are narrower, and looked at no further
    wide = [i for i, (gap, spaced) in enumerate(gaps, 1) if spaced or gap > least]
    return [i for i in wide if _is_spaced(chars[i - 1], chars[i])]


def _is_spaced(before: Char, char: Char) -> bool:
    gap = char.x0 - before.x1
    size = max(before.size, char.size)
    han = _is_han(before.text) + _is_han(char.text)
    return gap > (HAN_GAP if han else WORD_GAP) * size or (char.spaced and han < 2 and gap > -BACK * size)


def _is_han(text: str) -> bool:
    return "\u2e80" < text[-1:] < "\U0001d000" or text[-1:] > "\U0001f000"


def _is_parted_word(line: Segment, below: Segment) -> bool:
    """Whether a hyphen at a line's end parts a word."""
    chars = line.chars
    return len(chars) > 1 and chars[-1].text in "-\u2010\xad" and chars[-2].text.isalpha() and below.text[:1].islower()
