"""From candidates to the passages that a writer may draw on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.chunk import Chunk
from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.search.retrieve import Candidate, Query, Retriever

# An entry is drawn on beside the best one when its fused score is at most this much lower...
NEAR_ENTRY = 0.75
# ...or when it alone has what the question names and the best one lacks: a term at least this rare, log(1 + 20).
NAMING = 3.0
# A passage of an entry is drawn on when it matches at most this much worse than the entry's best.
NEAR_PASSAGE = 1.5
# Words of a question rarer than this, log(1 + 5), say what part of an entry it is about.
WHOLE = 1.8


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that may be cited; text == document[start:end]. `relevance` is at most 1."""

    chunk_id: str
    entry_id: str | None
    document: str
    heading_path: tuple[str, ...]
    start: int
    end: int
    text: str
    relevance: float


def gather(
    snapshot: Snapshot, query: Query, candidates: Sequence[Candidate], retriever: Retriever, limit: int = 6
) -> list[Passage]:
    """Return up to `limit` passages, best first: of the best entry, and of others that the question needs.

    A chunk's match is its BM25 score relative to the best plus its cosine in spreads, as in fusion.Weighted.
    When the entry's title holds the question's rarer words, the question is about all of the entry.
    """
    rows = {group.key: group.rows for group in snapshot.groups}
    chosen = _entries(snapshot, query, [c for c in candidates if c.chunk.kind == "text"], rows)
    bm25 = retriever.bm25(query)
    found: list[Passage] = []
    for candidate in chosen:
        members = rows[candidate.chunk.group]
        cosines = snapshot.dense.similarity(query.vector, members).tolist()
        most = max(float(bm25[list(members)].max()), 1e-9)
        match = {
            row: 2 * float(bm25[row]) / most + cos / retriever.spread for row, cos in zip(members, cosines, strict=True)
        }
        best = max(match.values())
        entry = math.exp(min(0.0, (candidate.score - chosen[0].score) / 4))
        near = math.inf if _is_whole(snapshot, query, candidate.chunk) else NEAR_PASSAGE
        found += [
            passage(snapshot, snapshot.chunks[row], entry * math.exp((match[row] - best) / 4))
            for row in sorted(members, key=lambda row: (-match[row], row))
            if match[row] >= best - near
        ]
    return sorted(found, key=lambda p: -p.relevance)[:limit]


def _entries(
    snapshot: Snapshot,
    query: Query,
    answered: Sequence[Candidate],
    rows: Mapping[tuple[str, ...], Sequence[int]],
) -> list[Candidate]:
    """The best entry, those about as good, and those that a term of the question names and the others lack."""
    chosen = [c for c in answered[:3] if c.score >= answered[0].score - NEAR_ENTRY]
    asked = [term for term in dict.fromkeys(query.terms) if term not in snapshot.pack.words.asking and len(term) > 1]
    rare = [term for term in asked if snapshot.postings.idf(term) >= NAMING]

    def words(candidate: Candidate) -> set[str]:
        return {
            term
            for row in rows[candidate.chunk.group]
            for term in snapshot.pack.words.vocabulary(snapshot.chunks[row].indexed)
        }

    said = set().union(*map(words, chosen))
    for candidate in answered[:10]:
        title = snapshot.pack.words.vocabulary(" ".join(candidate.chunk.heading_path[:2]))
        if candidate not in chosen and any(term in title and term not in said for term in rare):
            chosen.append(candidate)
            said |= words(candidate)
    return chosen[:3]


def _is_whole(snapshot: Snapshot, query: Query, chunk: Chunk) -> bool:
    said = snapshot.pack.words.widened(" ".join(chunk.heading_path[:2]))
    return all(term in said for term in query.terms if snapshot.postings.idf(term) >= WHOLE)


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
