"""What an extractive answer is made of."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.chunk import Note
from ingest.chunk.units import LONG_TABLE, MANY_ROWS, Unit, units_of
from ingest.parse import markdown, outline
from ingest.parse.counts import Count, counts_of
from ingest.parse.items import MARKER
from ingest.parse.markdown import REFERENCE
from ingest.words.words import Words
from service.language.claims import announces
from service.search.passages import Passage
from service.write.writer import Quote

# A fence this short is a formula, not a program.
SHORT_CODE = 120
# What a fence draws is no statement, however short.
DIAGRAM = re.compile(
    r"\s*(?:(?:`{3,}|~{3,})[ \t]*\{?\.?|:{3,}[ \t]*|<(?:pre|div)\b[^>]*\b)"
    r"(?:mermaid|plantuml|puml|dot|graphviz|d2|wavedrom|vega(?:-lite)?)\b",
    re.IGNORECASE,
)
STEP = re.compile(r"(\d{1,3})[.)]\s")


@dataclass(frozen=True, slots=True)
class Line:
    """A unit of a passage, its place among the passage's units, and the headings that stand between."""

    passage: int
    index: int
    unit: Unit
    text: str
    headings: tuple[str, ...]
    terms: frozenset[str]  # of the text and of the headings below the entry's
    also: tuple[Quote, ...] = ()  # where the same is said
    head: str = ""  # of a row's table

    @property
    def place(self) -> tuple[int, int]:
        return self.passage, self.index

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands, in its passage."""
        return self.unit.start, self.unit.end

    @property
    def announces(self) -> bool:
        return announces(self.text)

    def weight(self, weights: Mapping[str, float]) -> float:
        return sum(weight for term, weight in weights.items() if term in self.terms)

    @property
    def row(self) -> bool:
        """Whether it is a row of a long table, whose head stands apart."""
        return self.unit.kind == "table" and not self.unit.opens

    @property
    def columns(self) -> str:
        """What the columns of a row's table are called."""
        return self.head.partition("\n")[0]

    @property
    def reference(self) -> bool:
        """Whether it is a line of a list of references."""
        return self.unit.kind == "list_item" and REFERENCE.match(self.text) is not None

    @property
    def counts(self) -> tuple[Count, ...]:
        """What the mark of a step may count; () for any other line."""
        if self.unit.kind not in ("list_item", "code"):
            return ()
        match = STEP.match(self.text)
        return (Count("Markdown", int(match[1])),) if match else counts_of(self.text)

    @property
    def number(self) -> int | None:
        """The number of a step; None for any other line."""
        return min((count.number for count in self.counts), default=None)

    @property
    def unmarked(self) -> bool:
        """Whether it is an item whose mark shows it as one in no Markdown: it is written as a paragraph."""
        return self.unit.kind == "list_item" and MARKER.match(self.text) is None

    @property
    def program(self) -> bool:
        return self.unit.kind == "code" and (len(self.text) > SHORT_CODE or DIAGRAM.match(self.text) is not None)

    def quote(self, passages: Sequence[Passage]) -> Quote:
        start = passages[self.passage].start
        return Quote(self.passage, start + self.unit.start, start + self.unit.end)


def lines_of(number: int, passage: Passage, words: Words) -> list[Line]:
    """Return what a passage is made of, its notes last; where it begins among the rows of a table, the head first."""
    head = passage.head.text + "\n" if passage.head else ""
    document = markdown.parse(passage.document, head + passage.text, outline.heading)
    long_table = 0 if head else LONG_TABLE
    lines: list[Line] = []
    above = ""
    for index, (unit, headings) in enumerate(_units(document, passage, long_table)):
        text = _text(passage, unit)
        terms = frozenset(words.terms(" ".join((*passage.heading_path[2:], *headings, text))))
        line = Line(number, index, unit, text, headings, terms)
        above = above if line.row else text
        lines.append(replace(line, head=above) if line.row else line)
    return [*lines, *(_noted(number, len(lines) + n, passage, note, words) for n, note in enumerate(passage.notes))]


def _noted(number: int, index: int, passage: Passage, note: Note, words: Words) -> Line:
    terms = frozenset(words.terms(" ".join((*passage.heading_path[2:], note.said))))
    unit = Unit("note", note.start - passage.start, note.end - passage.start, 0, False, True)
    return Line(number, index, unit, note.text, (), terms)


def _units(document: markdown.Document, passage: Passage, long_table: int) -> Iterator[tuple[Unit, tuple[str, ...]]]:
    """Yield units by their place in the passage; what is before it is the head of its table."""
    head = len(document.text) - len(passage.text)
    for section in document.sections:
        for unit in units_of(document, section, long_table, MANY_ROWS):
            if unit.start < head and passage.head:
                start, end = passage.head.start - passage.start, passage.head.end - passage.start
            else:
                start, end = unit.start - head, unit.end - head
            yield replace(unit, start=start, end=end), section.heading_path


def _text(passage: Passage, unit: Unit) -> str:
    return passage.head.text if passage.head and unit.start < 0 else passage.text[unit.start : unit.end]
