"""The first statement of an entry's text, and the headings of a document without entries: what a summary cites."""

from collections.abc import Iterator

import numpy as np

from ingest.chunk.units import Unit, units_of
from ingest.index.snapshot import Snapshot
from ingest.parse import markdown, outline
from ingest.parse.outline import Entry
from ingest.parse.sentences import sentence_spans
from service.language.claims import announces
from service.search.passages import Passage

PROSE = ("paragraph", "list_item")


def statement(snapshot: Snapshot, entry: Entry) -> Passage | None:
    """Return the first sentence of an entry's text that announces nothing, as a passage; None when it has no prose."""
    text = snapshot.documents[entry.document][entry.body : entry.end]
    parsed = markdown.parse(entry.document, text, outline.heading)
    prose = [unit for section in parsed.sections for unit in units_of(parsed, section) if unit.kind in PROSE]
    spans = [span for unit in prose if (span := _first(text, unit)) is not None]
    if not spans:
        return None
    start, stop = next((span for span in spans if not announces(text[slice(*span)])), spans[0])
    path = (f"{entry.section}. {entry.section_title}", entry.question)
    begin, end = entry.body + start, entry.body + stop
    return Passage(snapshot.first_chunk(entry).id, entry.id, entry.document, path, begin, end, text[start:stop], 1.0)


def headings(snapshot: Snapshot, document: str) -> Iterator[Passage]:
    """Yield the lines of a document's topmost headings that have text below them, in order."""
    text, register = snapshot.documents[document], snapshot.register
    for group in np.unique(register.groups[register.columns.of_document(document)]):
        chunk = snapshot.chunks[register.members(group)[0]]
        if not chunk.heading_path:
            continue
        name = chunk.heading_path[:2][-1]
        at = text.rfind(name, 0, chunk.end)
        if at >= 0:
            stop = at + len(name)
            yield Passage(chunk.id, chunk.entry_id, document, chunk.heading_path[:2], at, stop, name, 1.0)


def _first(text: str, unit: Unit) -> tuple[int, int] | None:
    return next(iter(sentence_spans(text, unit.start, unit.end)), None)
