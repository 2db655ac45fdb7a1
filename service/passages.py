"""From candidates to the passages that a writer may draw on."""

import math
from collections.abc import Sequence

from ingest.chunk import Chunk
from ingest.outline import Entry
from ingest.snapshot import Snapshot
from service.retrieve import Candidate, Query, Retriever
from service.write.writer import Passage

# An entry is drawn on beside the best one when its fused score is at most this much lower...
NEAR_ENTRY = 0.5
# ...and a passage of an entry when it matches the question at most this much worse than the entry's best.
NEAR_PASSAGE = 2.0


def gather(
    snapshot: Snapshot, query: Query, candidates: Sequence[Candidate], retriever: Retriever, limit: int = 6
) -> list[Passage]:
    """Return up to `limit` passages, best first: of the best entry, and of others that come close to it.

    A chunk's match is its BM25 score relative to the best plus its cosine in spreads, as in fusion.Weighted.
    """
    answered = [c for c in candidates if c.chunk.kind == "text"]
    near = [c for c in answered[:3] if c.score >= answered[0].score - NEAR_ENTRY]
    rows = {group.key: group.rows for group in snapshot.groups}
    bm25 = retriever.bm25(query)
    found: list[Passage] = []
    for candidate in near:
        members = rows[candidate.chunk.group]
        cosines = snapshot.dense.similarity(query.vector, members).tolist()
        most = max(float(bm25[list(members)].max()), 1e-9)
        match = {
            row: 2 * float(bm25[row]) / most + cos / retriever.spread
            for row, cos in zip(members, cosines, strict=True)
        }
        best = max(match.values())
        entry = math.exp(candidate.score - near[0].score)
        ranked = sorted(members, key=lambda row: (-match[row], row))
        found += [
            passage(snapshot, snapshot.chunks[row], entry * math.exp((match[row] - best) / NEAR_PASSAGE))
            for row in ranked
            if match[row] >= best - NEAR_PASSAGE
        ]
    return sorted(found, key=lambda p: -p.relevance)[:limit]


def passage(snapshot: Snapshot, chunk: Chunk, relevance: float) -> Passage:
    """Make a chunk citable; it begins at its line's beginning, so that list indents are right."""
    text = snapshot.documents[chunk.document]
    start = chunk.start
    while start and text[start - 1] in " \t":
        start -= 1
    return Passage(
        chunk.id,
        chunk.entry_id,
        chunk.document,
        chunk.heading_path,
        start,
        chunk.end,
        text[start : chunk.end],
        relevance,
    )


def entry_line(snapshot: Snapshot, entry: Entry) -> Passage:
    """The line on which the outline asks an entry's question."""
    return _line(snapshot, entry, entry.start, (f"{entry.section}. {entry.section_title}", entry.question))


def section_line(snapshot: Snapshot, entry: Entry) -> Passage:
    """The heading of the section that an entry is in."""
    text = snapshot.documents[entry.document]
    start = text.rfind(f"\n## {entry.section}.", 0, entry.start) + 1
    return _line(snapshot, entry, start, (f"{entry.section}. {entry.section_title}",))


def _line(snapshot: Snapshot, entry: Entry, start: int, path: tuple[str, ...]) -> Passage:
    text = snapshot.documents[entry.document]
    end = text.find("\n", start)
    line = text[start : len(text) if end < 0 else end].rstrip()
    chunk = next(c for c in snapshot.chunks if c.entry_id == entry.id and c.document == entry.document)
    return Passage(chunk.id, entry.id, entry.document, path, start, start + len(line), line, 1.0)
