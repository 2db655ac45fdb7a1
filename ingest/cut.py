"""Every document -> its passages, with what an index and a report make of them; an unchanged one is not cut again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ingest.chunk import Chunk, Chunker, chunk
from ingest.clean import CleanSource
from ingest.clean.duplicates import plain_digest
from ingest.likeness import Extent, extents_of
from ingest.memo import Memo
from ingest.parse import outline
from ingest.parse.outline import Entry
from ingest.progress import Report
from ingest.read.origin import Origin
from ingest.words.words import Words

Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """All chunks of a corpus: those to index, and the equal passages elsewhere by chunk id."""

    documents: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    terms: list[Terms] = field(default_factory=list)  # of each chunk
    aliases: dict[str, tuple[Chunk, ...]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    extents: list[Extent] = field(default_factory=list)  # that are compared with each other
    origins: dict[str, Origin] = field(default_factory=dict)  # by document, where it was not Markdown


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a document is made of; each chunk has its terms, and what it has in common with those that say the same."""

    entries: tuple[Entry, ...]
    chunks: tuple[Chunk, ...]
    terms: tuple[Terms, ...]
    plain: tuple[str, ...]
    extents: tuple[Extent, ...]
    warnings: tuple[str, ...]


def cut_documents(
    sources: Sequence[CleanSource],
    chunker: Chunker,
    words: Words,
    near: float | None,
    once: bool,
    memo: Memo,
    progress: Report,
) -> Cut:
    """Parse, chunk and tokenise every document; `once` indexes equal passages once.

    What is alike by `near` can be told from the extents, None leaves them out.
    """
    cut = Cut()
    rows: list[tuple[Chunk, Terms, str]] = []
    copies = {source.name: source.aliases for source in sources}
    for done, source in enumerate(sources, 1):
        parts = _known(source, chunker, words, near, memo)
        rows += zip(parts.chunks, parts.terms, parts.plain, strict=True)
        cut.entries.extend(parts.entries)
        cut.extents.extend(parts.extents)
        cut.warnings.extend(f"{source.name}: {warning}" for warning in parts.warnings)
        cut.documents.update(dict.fromkeys((source.name, *source.aliases), source.text))
        cut.origins.update(source.origins)
        progress("chunk", done, len(sources))
    firsts: dict[str, Chunk] = {}
    same: dict[str, list[Chunk]] = {}
    for passage, terms, plain in rows:
        first = firsts.setdefault(plain, passage) if once else passage
        if first is passage:
            cut.chunks.append(passage)
            cut.terms.append(terms)
        else:
            same.setdefault(first.id, []).append(passage)
    for original in cut.chunks:
        equal = same.get(original.id, [])
        copied = [replace(c, document=name) for c in (original, *equal) for name in copies[c.document]]
        if equal or copied:
            cut.aliases[original.id] = (*equal, *copied)
    return cut


def _known(source: CleanSource, chunker: Chunker, words: Words, near: float | None, memo: Memo) -> _Parts:
    """Take a document apart unless it was before."""
    digest = hashlib.sha256(source.text.encode("utf-8", "surrogatepass")).hexdigest()
    about = ("cut", source.name, digest, chunker.fingerprint, words.fingerprint, str(near))
    return memo.value(
        about, lambda: _parts(source, chunker, words, near), _to_json, lambda parts: _from_json(parts, source)
    )


def _parts(source: CleanSource, chunker: Chunker, words: Words, near: float | None) -> _Parts:
    document, entries = outline.parse(source.name, source.text)
    chunks = tuple(chunk(document, entries, chunker))
    warnings = list(document.warnings)
    if len(document.sections) == 1 and not document.sections[0].level:
        warnings.append("no headings; cut as one section")
    return _Parts(
        entries,
        chunks,
        tuple(tuple(words.terms(each.indexed)) for each in chunks),
        tuple(_plain(each) for each in chunks),
        () if near is None else extents_of(document, chunks, near),
        tuple(warnings),
    )


def _plain(chunk: Chunk) -> str:
    """Equal for passages that are indexed once: of equal headings and shown text, and of one entry or of none."""
    owner = (chunk.document, chunk.entry_id) if chunk.entry_id else ("", "")
    return plain_digest("\0".join((*owner, chunk.indexed, chunk.focused, chunk.text)))


def _to_json(parts: _Parts) -> dict[str, Any]:
    """Return all but what the document's name and text tell."""
    return {
        "entries": [asdict(entry) for entry in parts.entries],
        "chunks": [each.to_json() | {"document": "", "text": ""} for each in parts.chunks],
        "terms": ["\n".join(terms) for terms in parts.terms],
        "plain": parts.plain,
        "extents": [
            (each.path, each.start, each.end, each.section, each.whole, each.plain, each.bands)
            for each in parts.extents
        ],
        "warnings": parts.warnings,
    }


def _from_json(parts: dict[str, Any], source: CleanSource) -> _Parts:
    name, text = source.name, source.text
    return _Parts(
        tuple(Entry(**entry) for entry in parts["entries"]),
        tuple(
            Chunk.from_json(each | {"document": name, "text": text[each["start"] : each["end"]]})
            for each in parts["chunks"]
        ),
        tuple(tuple(terms.split("\n")) if terms else () for terms in parts["terms"]),
        tuple(parts["plain"]),
        tuple(
            Extent(name, tuple(path), start, end, section, whole, plain, tuple(banded))
            for path, start, end, section, whole, plain, banded in parts["extents"]
        ),
        tuple(parts["warnings"]),
    )
