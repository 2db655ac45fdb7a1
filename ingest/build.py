"""The pipeline of a build: documents -> clean -> chunk -> embed + postings -> snapshot."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest import outline, snapshot, text
from ingest.bm25 import Postings
from ingest.chunk import Chunk, Chunker, chunk
from ingest.clean import CleanReport, CleanSource, CleanSteps, clean, duplicate_groups, read
from ingest.dense import DenseIndex
from ingest.embed import Embedder
from ingest.outline import Entry
from ingest.snapshot import Manifest, Snapshot, SnapshotError
from ingest.versions import Versions

Progress = Callable[[str, int, int], None]  # stage, done, total


class BuildError(Exception):
    """Nothing could be built; the index is as it was."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The version that is current after a build, and what happened on the way."""

    manifest: Manifest
    built: bool  # False when nothing had changed
    report: CleanReport
    warnings: tuple[str, ...]
    reused: int  # chunks whose vectors were taken over


@dataclass(frozen=True, slots=True)
class Cut:
    """All chunks of a corpus: those to index, and the same passages elsewhere by chunk id."""

    documents: dict[str, str]
    entries: tuple[Entry, ...]
    chunks: list[Chunk]
    aliases: dict[str, tuple[Chunk, ...]]
    warnings: list[str]


def build(
    paths: Sequence[Path],
    versions: Versions,
    embedder: Embedder,
    chunker: Chunker,
    steps: CleanSteps,
    *,
    near_threshold: float | None = 0.9,
    max_bytes: int = 16 << 20,
    force: bool = False,
    progress: Progress = lambda stage, done, total: None,
) -> Outcome:
    """Build a snapshot of the files and folders and make it current, unless the current one is of the same.

    `near_threshold` None keeps near duplicates. Raises BuildError when there is nothing to index, OSError for
    a path that cannot be read, SnapshotError while another build runs.
    """
    sources, skipped = read(paths, max_bytes, lambda done, total: progress("read", done, total))
    cleaned, report = clean(sources, steps, skipped)
    settings = {
        "chunker": chunker.fingerprint,
        "embedder": embedder.fingerprint,
        "tokeniser": text.fingerprint(),
        "clean": json.dumps(asdict(steps) | {"near": near_threshold}, sort_keys=True),
    }
    files = {source.name: source.sha256 for source in sources}
    inputs = hashlib.sha256(json.dumps([files, settings], sort_keys=True).encode()).hexdigest()
    with versions.building() as folder:
        before = None if force else _previous(versions)
        if before and before.manifest.inputs == inputs:
            return Outcome(before.manifest, False, report, (), len(before.chunks))
        cut = _cut(cleaned, chunker, near_threshold, before, settings, progress)
        if not cut.chunks:
            reasons = "".join(f"\n  {skip.name}: {skip.reason}" for skip in skipped) or " no text in them"
            raise BuildError(f"nothing to index in {', '.join(map(repr, map(str, paths)))}:{reasons}")
        groups = snapshot.groups(cut.chunks)
        known = _known_vectors(before, embedder)
        vectors, reused = _embed(cut.chunks, embedder, known, progress)
        titles = embedder.embed_passages(
            [group.title for group in groups], lambda done: progress("titles", done, len(groups))
        )
        made = Snapshot(
            manifest=Manifest(
                version="",
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                inputs=inputs,
                sources=files,
                settings=settings,
                counts={
                    "documents": len(cut.documents),
                    "entries": len(cut.entries),
                    "answered": sum(entry.answered for entry in cut.entries),
                    "chunks": len(cut.chunks),
                    "aliases": sum(map(len, cut.aliases.values())),
                },
            ),
            documents=cut.documents,
            entries=cut.entries,
            chunks=tuple(cut.chunks),
            aliases=cut.aliases,
            groups=groups,
            dense=DenseIndex.build(vectors),
            postings=Postings.build([text.terms(c.indexed) for c in cut.chunks]),
            titles=DenseIndex.build(titles),
        )
        manifest = snapshot.write(folder, made, asdict(report) | {"warnings": cut.warnings})
        snapshot.read(folder, embedder.fingerprint)  # what cannot be read back is never published
        versions.publish(folder, manifest)
    return Outcome(manifest, True, report, tuple(cut.warnings), reused)


def _previous(versions: Versions) -> Snapshot | None:
    try:
        return versions.open()
    except SnapshotError:
        return None  # none yet, or damaged: the new one replaces it


def _cut(
    sources: Sequence[CleanSource],
    chunker: Chunker,
    near_threshold: float | None,
    before: Snapshot | None,
    settings: Mapping[str, str],
    progress: Progress,
) -> Cut:
    """Parse and chunk every document; an unchanged one keeps the chunks it had under the same settings."""
    kept: dict[str, list[Chunk]] = {}
    if before and all(before.manifest.settings[key] == settings[key] for key in ("chunker", "clean")):
        for old in (*before.chunks, *(c for chunks in before.aliases.values() for c in chunks)):
            if old.document in before.documents:
                kept.setdefault(old.document, []).append(old)
    documents: dict[str, str] = {}
    entries: list[Entry] = []
    chunks: list[Chunk] = []
    warnings: list[str] = []
    copies: dict[str, list[str]] = {}
    for done, source in enumerate(sources, 1):
        document, found = outline.parse(source.name, source.text)
        same = before is not None and before.documents.get(source.name) == source.text
        old = sorted(kept.get(source.name, []), key=lambda c: (c.start, c.end))
        chunks += old if same and old else chunk(document, found, chunker)
        entries += found
        documents[source.name] = source.text
        copies[source.name] = list(source.aliases)
        documents |= dict.fromkeys(source.aliases, source.text)
        warnings += [f"{source.name}: {warning}" for warning in document.warnings]
        if len(document.sections) == 1 and not document.sections[0].level:
            warnings.append(f"{source.name}: no headings; cut as one section")
        progress("chunk", done, len(sources))
    indexed, aliases = _without_duplicates(chunks, near_threshold)
    for original in indexed:
        for name in copies.get(original.document, ()):
            aliases.setdefault(original.id, []).append(replace(original, document=name))
    return Cut(documents, tuple(entries), indexed, {k: tuple(v) for k, v in aliases.items()}, warnings)


def _without_duplicates(
    chunks: list[Chunk], threshold: float | None
) -> tuple[list[Chunk], dict[str, list[Chunk]]]:
    """Index the same passage once; an entry never loses its own text to another entry."""
    indexed: list[Chunk] = []
    aliases: dict[str, list[Chunk]] = {}
    if threshold is None:
        return chunks, aliases
    for first, passage in zip(duplicate_groups([c.text for c in chunks], threshold), chunks, strict=True):
        original = chunks[first]
        if original is passage or original.entry_id != passage.entry_id:
            indexed.append(passage)
        else:
            aliases.setdefault(original.id, []).append(passage)
    return indexed, aliases


def _known_vectors(before: Snapshot | None, embedder: Embedder) -> dict[str, NDArray[np.float32]]:
    if before is None or before.manifest.settings["embedder"] != embedder.fingerprint:
        return {}
    return dict(zip((c.content_hash for c in before.chunks), before.dense.vectors(), strict=True))


def _embed(
    chunks: Sequence[Chunk],
    embedder: Embedder,
    known: Mapping[str, NDArray[np.float32]],
    progress: Progress,
) -> tuple[NDArray[np.float32], int]:
    """Return (n, d) vectors and how many were taken over from the previous snapshot."""
    fresh = [c for c in chunks if c.content_hash not in known]
    made = embedder.embed_passages(
        [c.indexed for c in fresh], lambda done: progress("embed", done, len(fresh))
    )
    vectors = dict(known) | dict(zip((c.content_hash for c in fresh), made, strict=True))
    return np.stack([vectors[c.content_hash] for c in chunks]), len(chunks) - len(fresh)
