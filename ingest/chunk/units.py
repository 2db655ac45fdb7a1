"""The units a section is made of: what a chunk boundary may fall between, never inside."""

from dataclasses import dataclass

from ingest.parse.markdown import BlockKind, Document, Section
from ingest.parse.sentences import sentence_spans


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, list item, quote, code fence, table or formula; `glued` if it leans on the one before."""

    kind: BlockKind
    start: int
    end: int
    indent: int
    glued: bool
    opens: bool  # the first unit of its block


def units_of(document: Document, section: Section) -> list[Unit]:
    """Return the units of a section in reading order."""
    found: list[Unit] = []
    for block in section.blocks:
        whole = [(block.start, block.end)]
        spans = sentence_spans(document.text, block.start, block.end) if block.kind == "paragraph" else whole
        line = document.text.rfind("\n", 0, block.start) + 1
        indent = block.start - line if block.kind == "list_item" else 0
        for start, end in spans:
            glued = False
            if found:
                before = document.text[found[-1].start : found[-1].end].rstrip("*_ ")
                nested = block.kind == found[-1].kind == "list_item" and indent > found[-1].indent
                # A lead-in ("…：") stays with what it announces, a nested item with its parent.
                glued = before.endswith((":", "：")) or nested
            found.append(Unit(block.kind, start, end, indent, glued, start == spans[0][0]))
    return found
