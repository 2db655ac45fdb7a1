"""What may be asked next: what else the cited entry, or the section around what is cited, has headings for."""

from collections.abc import Iterator, Sequence

from ingest.chunk import Chunk
from ingest.index.snapshot import Snapshot
from ingest.parse import markdown, outline
from service.language.headings import bare
from service.search.passages import Passage
from service.search.retrieve import Query

MOST = 3
AHEAD = 20  # passages that are looked through for the headings that follow
NAMING = 0.55  # of a term, by its specificity: "Advantages" alone asks nothing
LONG = 60  # characters of a heading that states something


def further(snapshot: Snapshot, query: Query, cited: Sequence[tuple[Passage, int]]) -> tuple[str, ...]:
    """Return headings that name something, of what was not cited, in the documents' order; up to MOST.

    `cited` are passages with the place in their document that is cited.
    """
    if not cited:
        return ()
    first, _ = cited[0]
    names = _within(snapshot, cited) if first.entry_id else _beside(snapshot, snapshot.chunk(first.chunk_id))
    asked, terms = set(query.terms), snapshot.pack.words.terms

    def telling(name: str) -> bool:
        return any(snapshot.postings.specificity(term) >= NAMING for term in {*terms(name)} - asked)

    return tuple(dict.fromkeys(name for name in names if len(name) <= LONG and telling(name)))[:MOST]


def _within(snapshot: Snapshot, cited: Sequence[tuple[Passage, int]]) -> Iterator[str]:
    """Yield the headings of an entry below which nothing is cited."""
    first, _ = cited[0]
    entry = snapshot.entry(first.document, first.entry_id)
    text = snapshot.documents[entry.document][entry.body : entry.end]
    places = [place - entry.body for passage, place in cited if passage.document == entry.document]
    for section in markdown.parse(entry.document, text, outline.heading).sections:
        if section.heading_path and not any(section.start <= place < section.end for place in places):
            yield bare(section.heading_path[-1])


def _beside(snapshot: Snapshot, chunk: Chunk) -> Iterator[str]:
    """Yield the headings that follow one, on its level and below the same."""
    row, own = snapshot.row(chunk), chunk.heading_path
    for other in snapshot.chunks[row + 1 : row + 1 + AHEAD]:
        path = other.heading_path
        if path and other.document == chunk.document and path[:-1] == own[:-1] and path != own:
            yield bare(path[-1])
