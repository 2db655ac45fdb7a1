"""From candidates to the passages that a writer may draw on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.chunk import Chunk, Head, Note
from ingest.fitted import Margins
from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.search.odds import likely
from service.search.retrieve import Candidate, Query, Retriever
from service.search.scale import Scale, distances

ENTRIES = 3  # that are drawn on at most
# An entry is drawn on when it alone has what the question names and the best one lacks: a term at least this specific.
NAMING = 0.55
# Without entries, passages are drawn on until the right one is among them this likely, as far as their scores can tell.
# Of 60 questions on two documentations that nothing was fitted to, 35 get a passage that answers among 3 at 0.7, 37
# among 4 at 0.9; 28 did when only those were drawn on that are about as good as the best (1.6).
LIKELY = 0.7
# Words of a question more specific than this say what part of an entry it is about.
WHOLE = 0.33


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that may be cited; text == document[start:end]. `relevance` is at most 1.

    `head` is that of the table among whose rows it begins, `notes` are its footnotes; they may be cited too. `asked`
    are the parts of a question that it was drawn for, none for the whole.
    """

    chunk_id: str
    entry_id: str | None
    document: str
    heading_path: tuple[str, ...]
    start: int
    end: int
    text: str
    relevance: float
    head: Head | None = None
    notes: tuple[Note, ...] = ()
    asked: tuple[Query, ...] = field(default=(), compare=False, repr=False)

    @property
    def whole(self) -> str:
        """What of it a model reads: the head of its table, its text, and the footnotes that stand elsewhere."""
        elsewhere = (note.text for note in self.notes if not self.start <= note.start < self.end)
        return "\n".join([*([self.head.text] if self.head else []), self.text, *elsewhere])

    def said(self, start: int, end: int) -> str:
        """Return what stands at offsets from its beginning, in its text or in a footnote of it."""
        notes = (note.said for note in self.notes if (note.start, note.end) == (self.start + start, self.start + end))
        return next(notes, self.text[max(start, 0) : max(end, 0)])


def gather(
    snapshot: Snapshot,
    query: Query,
    candidates: Sequence[Candidate],
    retriever: Retriever,
    scale: Scale,
    limit: int = 6,
) -> list[Passage]:
    """Return up to `limit` passages, best first: of the best entry, and of others that the question needs.

    A passage is drawn on when it matches about as well as the best of its entry. When the entry's title holds the
    question's rarer words, the question is about all of the entry.
    """
    margins, fitted = scale.margins(candidates), snapshot.fitted.match
    gathered: list[Passage] = []
    for candidate, behind in _entries(snapshot, query, _answered(margins, candidates), margins, limit):
        members = snapshot.members(candidate.chunk.group)
        match = dict(zip(members, retriever.matches(query, members), strict=True))
        best = max(match.values())
        least = -math.inf if _is_whole(snapshot, query, candidate.chunk) else best - fitted.near
        gathered += [
            passage(
                snapshot, snapshot.chunks[row], _faded(behind / margins.fading + (best - match[row]) / fitted.fading)
            )
            for row in sorted(members, key=lambda row: (-match[row], row))
            if match[row] >= least
        ]
    return sorted(gathered, key=lambda p: -p.relevance)[:limit]


def _faded(behind: float) -> float:
    return math.exp(-max(0.0, behind))


def _answered(margins: Margins, candidates: Sequence[Candidate]) -> list[tuple[Candidate, float]]:
    """The candidates with an answer, and how far each is behind the best of them."""
    placed = zip(candidates, distances(margins, candidates), strict=True)
    answered = [(candidate, behind) for candidate, behind in placed if candidate.chunk.kind == "text"]
    return [(candidate, behind - answered[0][1]) for candidate, behind in answered]


def _entries(
    snapshot: Snapshot,
    query: Query,
    answered: Sequence[tuple[Candidate, float]],
    margins: Margins,
    limit: int,
) -> list[tuple[Candidate, float]]:
    """The best entry, those about as good, and those that a term of the question names and the others lack.

    Where there are no entries, passages: as many as make it likely that the right one is among them.
    """
    entries = bool(answered) and answered[0][0].chunk.entry_id is not None
    most = ENTRIES if entries else limit
    chosen = list(answered[:most])
    if entries or margins.unit == "places":
        chosen = [placed for placed in chosen if placed[1] <= margins.beside]
    else:
        chosen = chosen[: likely([behind for _, behind in answered], LIKELY)]
    asked = [term for term in dict.fromkeys(query.terms) if term not in snapshot.pack.words.asking and len(term) > 1]
    rare = [term for term in asked if snapshot.postings.specificity(term) >= NAMING]

    def words(candidate: Candidate) -> set[str]:
        return {
            term
            for row in snapshot.members(candidate.chunk.group)
            for term in snapshot.pack.words.vocabulary(snapshot.chunks[row].indexed)
        }

    said = set().union(*(words(candidate) for candidate, _ in chosen))
    for placed in answered[:10]:
        candidate, _ = placed
        title = snapshot.pack.words.vocabulary(" ".join(candidate.chunk.headings[:2]))
        if placed not in chosen and any(term in title and term not in said for term in rare):
            chosen.append(placed)
            said |= words(candidate)
    return chosen[:most]


def _is_whole(snapshot: Snapshot, query: Query, chunk: Chunk) -> bool:
    said = snapshot.pack.words.widened(" ".join(chunk.heading_path[:2]))
    return all(term in said for term in query.terms if snapshot.postings.specificity(term) >= WHOLE)


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
        chunk.head,
        chunk.notes,
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
    return Passage(snapshot.first_chunk(entry).id, entry.id, entry.document, path, start, start + len(line), line, 1.0)
