"""The units a section is made of: what a chunk boundary may fall between, never inside."""

from dataclasses import dataclass

from ingest.parse.markdown import Block, BlockKind, Document, Section
from ingest.parse.sentences import sentence_spans
from ingest.parse.simple_tables import DASHES
from ingest.parse.tables import BORDER, table_head

LONG_TABLE = 900  # code points; a longer one is taken row by row
MANY_ROWS = 6  # of a table, from which a question means some of them, however short they are


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, list item, quote, code fence, table or its row, formula; `glued` if it leans on the one before."""

    kind: BlockKind
    start: int
    end: int
    indent: int
    glued: bool
    opens: bool  # the first unit of its block


def units_of(
    document: Document, section: Section, long_table: int = LONG_TABLE, many_rows: int | None = None
) -> list[Unit]:
    """Return the units of a section in reading order; of a table above `long_table` code points its head and rows.

    So also of one of `many_rows`, where that is given. Footnotes are units of the passages that have their marks.
    """
    found: list[Unit] = []
    for block in section.blocks:
        if block.kind == "note":
            continue
        spans = _spans(document.text, block, long_table, many_rows)
        line = document.text.rfind("\n", 0, block.start) + 1
        indent = block.start - line if block.kind == "list_item" else 0
        for start, end in spans:
            glued = False
            if found:
                before = document.text[found[-1].start : found[-1].end].rstrip("*_ ")
                nested = block.kind == found[-1].kind == "list_item" and indent > found[-1].indent
                # A lead-in ("…：") stays with what it announces, a nested item with its parent, a row with its head.
                row = block.kind == "table" and start != spans[0][0]
                glued = before.endswith((":", "：")) or nested or row
            found.append(Unit(block.kind, start, end, indent, glued, start == spans[0][0]))
    return found


def _spans(text: str, block: Block, long_table: int, many_rows: int | None) -> list[tuple[int, int]]:
    if block.kind == "paragraph":
        return sentence_spans(text, block.start, block.end)
    if block.kind == "table" and text[block.start] != "<":
        rows = _rows(text, block)
        if block.end - block.start > long_table or (many_rows is not None and len(rows) > many_rows):
            return rows
    return [(block.start, block.end)]


def _rows(text: str, block: Block) -> list[tuple[int, int]]:
    """The head of a table, and its rows."""
    start = block.start + table_head(text[block.start : block.end])
    spans = [(block.start, start)]
    while (start := start + 1) < block.end:
        stop = text.find("\n", start, block.end)
        stop = block.end if stop < 0 else stop
        row = text[start:stop]
        if row.strip() and not BORDER.fullmatch(row) and not DASHES.fullmatch(row):
            spans.append((start + len(row) - len(row.lstrip()), start + len(row.rstrip())))
        start = stop
    return spans
