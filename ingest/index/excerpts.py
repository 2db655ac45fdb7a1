"""A part of an index that is an index itself: what one reader may read, and nothing that tells of the rest."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from ingest.chunk import Chunk
from ingest.index.bm25 import Postings
from ingest.index.dense import DenseIndex
from ingest.index.snapshot import Snapshot, groups
from ingest.index.ways import Ways
from ingest.pack import Pack, none
from ingest.parse.outline import Entry

# Whether a section of a document may be read; without a section, whether all of it may.
Allows = Callable[[str, int | None], bool]


class NothingLeftError(Exception):
    """No passage of an index may be read."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A passage that stays: the number it had, where it is shown, and where else it stands."""

    number: int
    chunk: Chunk
    others: tuple[Chunk, ...]


def excerpt(whole: Snapshot, allows: Allows) -> Snapshot:
    """Return the index of what may be read, as if only that had been built: its counts, weights and words too.

    A document that may be read in part has blanks in place of the rest, so offsets hold. Raises NothingLeftError.
    """
    rows = list(_rows(whole, allows))
    if not rows:
        raise NothingLeftError
    chunks = tuple(row.chunk for row in rows)
    entries = tuple(_entries(whole, allows))
    documents = dict(_documents(whole, allows))
    pack = _pack(whole, documents, allows)
    grouped, numbers, titles = groups(chunks), whole.numbers(), whole.titles.vectors()
    olds = [int(numbers[rows[group.rows[0]].number]) for group in grouped]
    counts = {
        "documents": len(documents),
        "entries": len(entries),
        "answered": sum(entry.answered for entry in entries),
        "chunks": len(chunks),
        "aliases": sum(len(row.others) for row in rows),
    }
    sources = {name: digest for name, digest in whole.manifest.sources.items() if name in documents}
    originals = {name: digest for name, digest in whole.manifest.originals.items() if allows(name, None)}
    return Snapshot(
        manifest=replace(whole.manifest, counts=counts, sources=sources, originals=originals, files={}),
        documents=documents,
        entries=entries,
        chunks=chunks,
        aliases={row.chunk.id: row.others for row in rows if row.others},
        groups=grouped,
        dense=DenseIndex.build(whole.dense.vectors()[[row.number for row in rows]]),
        postings=Postings.build([pack.words.terms(chunk.indexed) for chunk in chunks]),
        titles=DenseIndex.build(titles[olds]),
        ways=_ways(whole, pack, {old: new for new, old in enumerate(olds)}),
        pack=pack,
        pieces=whole.pieces and whole.pieces.of([row.number for row in rows]),
        origins={name: origin for name, origin in whole.origins.items() if name in documents and allows(name, None)},
    )


def _rows(whole: Snapshot, allows: Allows) -> Iterator[_Row]:
    """A passage that is indexed once for several places stands at the first of those that may be read."""
    for number, chunk in enumerate(whole.chunks):
        places = [place for place in (chunk, *whole.aliases.get(chunk.id, ())) if allows(place.document, place.section)]
        if places:
            first, *others = (_told(place, allows) for place in places)
            yield _Row(number, first, tuple(others))


def _told(chunk: Chunk, allows: Allows) -> Chunk:
    """A passage, where its document may be read in part without the footnotes that stand outside of it."""
    if not chunk.notes or allows(chunk.document, None):
        return chunk
    return replace(chunk, notes=tuple(note for note in chunk.notes if chunk.start <= note.start < chunk.end))


def _entries(whole: Snapshot, allows: Allows) -> Iterator[Entry]:
    """The entries of an outline, or of its first copy that may be read."""
    owners = {entry.document for entry in whole.entries}
    same: dict[str, list[str]] = {owner: [owner] for owner in owners}
    for name, text in whole.documents.items():
        if name not in owners:
            for owner in owners:
                if whole.documents[owner] == text:
                    same[owner].append(name)
    for entry in whole.entries:
        shown = next((name for name in same[entry.document] if allows(name, entry.section)), None)
        if shown is not None:
            yield entry if shown == entry.document else replace(entry, document=shown)


def _documents(whole: Snapshot, allows: Allows) -> Iterator[tuple[str, str]]:
    outlines = {name: tuple(entries) for name, entries in groupby(whole.entries, lambda entry: entry.document)}
    by_text = {whole.documents[name]: entries for name, entries in outlines.items()}
    for name, text in whole.documents.items():
        if allows(name, None):
            yield name, text
        elif parts := _parts(text, [entry for entry in by_text.get(text, ()) if allows(name, entry.section)]):
            yield name, _blanked(text, parts)


def _parts(text: str, entries: list[Entry]) -> list[tuple[int, int]]:
    """The spans of sections, from their headings to the ends of their last entries."""
    spans = []
    for number, inside in groupby(entries, lambda entry: entry.section):
        own = list(inside)
        heading = text.rfind(f"\n## {number}.", 0, own[0].start) + 1
        spans.append((heading or own[0].start, own[-1].end))
    return spans


def _blanked(text: str, parts: list[tuple[int, int]]) -> str:
    """Put a space for each code point outside of the parts; what follows the last is not told of at all."""
    told, place = [], 0
    for start, end in parts:
        told += [" " * (start - place), text[start:end]]
        place = end
    return "".join(told)


def _pack(whole: Snapshot, documents: Mapping[str, str], allows: Allows) -> Pack:
    """The pack speaks of its documents: it goes with the last of them, its questions with the first part of one."""
    own = {name for name in whole.pack.card.documents if name in whole.documents}
    if own and own.isdisjoint(documents):
        return none()
    if all(allows(name, None) for name in own):
        return whole.pack
    speech = {language: each.model_copy(update={"questions": ()}) for language, each in whole.pack.card.speech.items()}
    return replace(whole.pack, card=whole.pack.card.model_copy(update={"speech": speech}))


def _ways(whole: Snapshot, pack: Pack, numbers: Mapping[int, int]) -> Ways:
    """The other ways to ask for what stays; they come from the pack and go with it."""
    known = enumerate(zip(whole.ways.questions, whole.ways.groups, strict=True))
    rows = [(row, way, numbers[group]) for row, (way, group) in known if group in numbers]
    if pack.fingerprint != whole.pack.fingerprint:
        rows = []
    return Ways(
        tuple(way for _, way, _ in rows),
        tuple(group for _, _, group in rows),
        DenseIndex.build(whole.ways.dense.vectors()[[row for row, _, _ in rows]]),
        Postings.build([pack.words.terms(way) for _, way, _ in rows]),
    )
