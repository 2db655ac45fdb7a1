"""One immutable index on disk: documents, entries, chunks, vectors, postings; a manifest with checksums."""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.fitted import Fitted, FusionWeights
from ingest.index.bm25 import Postings
from ingest.index.dense import DenseIndex
from ingest.index.grouping import Group as Group
from ingest.index.grouping import groups as groups
from ingest.index.manifest import FORMAT as FORMAT
from ingest.index.manifest import MANIFEST, checksum, compare, version_of
from ingest.index.manifest import Manifest as Manifest
from ingest.index.manifest import SnapshotError as SnapshotError
from ingest.index.manifest import read_manifest as read_manifest
from ingest.index.mapped import (
    MappedAliases,
    MappedDocuments,
    MappedGroups,
    MappedOrigins,
    write_aliases,
    write_documents,
    write_origins,
)
from ingest.index.nearness import spread_of
from ingest.index.pieces import Pieces
from ingest.index.records import Records, mapped_array, write_records
from ingest.index.register import Register, folded, joined
from ingest.index.told import Told
from ingest.index.verified import Verified
from ingest.index.ways import Ways
from ingest.index.wording import Wording
from ingest.pack import Pack, Packs, none
from ingest.parse.outline import Entry
from ingest.read.origin import NOWHERE, Origin

ORIGINS = "origins.jsonl"  # of documents that were no Markdown; not there without any
PIECES = "pieces"  # a folder, not there where there are too many passages
_MADE: Any = None  # of the rest, for a snapshot that is being made


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An opened index; row i of `dense` and `postings` is chunks[i], of `titles` groups[i].

    `pack` is the one it was made with: it has the words that `postings` are made of. Chunks, documents, groups and what
    looks them up are mapped where the index was read; what is not asked for stays on disk.
    """

    manifest: Manifest
    documents: Mapping[str, str]
    entries: tuple[Entry, ...]
    chunks: Sequence[Chunk]
    aliases: Mapping[str, tuple[Chunk, ...]]  # chunk id -> the same passage elsewhere
    groups: Sequence[Group]
    dense: DenseIndex
    postings: Postings
    titles: DenseIndex
    ways: Ways
    pack: Pack
    origins: Mapping[str, Origin] = field(default_factory=dict)  # by document, where it was not Markdown
    pieces: Pieces | None = None  # of `chunks`, where these are not too many
    register: Register = field(default=_MADE, repr=False, compare=False)
    told: Told = field(default=_MADE, repr=False, compare=False)
    averages: NDArray[np.float32] = field(default=_MADE, repr=False, compare=False)  # (2, d): of passages, of titles
    wording: Wording | None = field(default=None, repr=False, compare=False)  # None where the index was not read
    spread: float = field(init=False, repr=False, compare=False)  # of unrelated cosines: the unit of nearness
    fitted: Fitted = field(init=False, repr=False, compare=False)  # the pack's, with the fusion chosen at the build
    _entries: Mapping[tuple[str, str | None], Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        passages, titles = self.dense.vectors(), self.titles.vectors()
        if self.register is None:
            object.__setattr__(self, "register", Register.of(self.chunks, self.aliases))
        if self.told is None:
            object.__setattr__(self, "told", Told.of(self.documents))
        if self.averages is None:
            object.__setattr__(self, "averages", np.stack([passages.mean(axis=0), titles.mean(axis=0)]))
        unrelated = titles if self.register.columns.entries else passages
        object.__setattr__(self, "spread", spread_of(unrelated, passages))
        object.__setattr__(self, "fitted", self._fitted())
        object.__setattr__(self, "_entries", {(entry.document, entry.id): entry for entry in self.entries})

    def _fitted(self) -> Fitted:
        chosen = self.manifest.fusion
        return self.pack.fitted.fused_by(FusionWeights(**chosen["weights"])) if chosen else self.pack.fitted

    def entry(self, document: str, id: str | None) -> Entry:
        """Return an entry by what identifies it; raises KeyError when there is none."""
        return self._entries[document, id]

    def origin(self, document: str) -> Origin:
        """Return where the text of a document stands in its file; for Markdown that is the text itself."""
        return self.origins.get(document, NOWHERE)

    def first_chunk(self, entry: Entry) -> Chunk:
        """Return the first chunk of an entry; each has one at least."""
        return self.chunks[self.members((entry.document, entry.id))[0]]

    def members(self, key: tuple[str, str]) -> list[int]:
        """Return the chunks of a group by its key, ascending; raises KeyError when there is none."""
        for number in self.register.keys.numbers(joined(key)):
            rows = self.register.members(number)
            if self.chunks[rows[0]].group == key:
                return rows
        raise KeyError(key)

    def numbers(self) -> NDArray[np.int32]:
        """Return the number of each chunk's group, (n,)."""
        return self.register.groups

    def headed(self, text: str) -> bool:
        """Whether a passage stands under a heading that is a text but for width, case and marks around it."""
        return bool(self.register.headings.numbers(folded(text)))

    def chunk(self, id: str) -> Chunk:
        """Return an indexed chunk; raises KeyError when there is none."""
        return self.chunks[self._row(id)]

    def row(self, chunk: Chunk) -> int:
        """Return the number of an indexed chunk among `chunks`."""
        return self._row(chunk.id)

    def _row(self, id: str) -> int:
        for row in self.register.ids.numbers(id):
            if self.chunks[row].id == id:
                return row
        raise KeyError(id)

    def places(self, id: str) -> tuple[Chunk, ...]:
        """Return an indexed chunk and all others with its text, indexed with it or apart; () when there is none."""
        try:
            text = self.chunk(id).text
        except KeyError:
            return ()
        same = (chunk for row in self.register.texts.numbers(text) if (chunk := self.chunks[row]).text == text)
        return tuple(place for chunk in same for place in (chunk, *self.aliases.get(chunk.id, ())))


def write(folder: Path, snapshot: Snapshot, report: Mapping[str, object]) -> Manifest:
    """Write all files of a snapshot into an empty folder; return its manifest with version and counts."""
    (folder / "bm25").mkdir()
    write_documents(folder / "documents", snapshot.documents)
    write_records(folder / "entries.jsonl", (asdict(entry) for entry in snapshot.entries))
    write_records(folder / "chunks.jsonl", (chunk.to_json() for chunk in snapshot.chunks))
    write_aliases(folder / "aliases.jsonl", snapshot.aliases)
    if snapshot.origins:
        write_origins(folder / ORIGINS, snapshot.origins)
    snapshot.register.save(folder / "register")
    snapshot.told.save(folder / "told")
    np.save(folder / "averages.npy", snapshot.averages, allow_pickle=False)
    (snapshot.wording or Wording.of(chunk.indexed for chunk in snapshot.chunks)).save(folder / "wording")
    snapshot.dense.save(folder / "dense.faiss")
    snapshot.titles.save(folder / "titles.faiss")
    snapshot.postings.save(folder / "bm25")
    snapshot.ways.save(folder / "asked")
    if snapshot.pieces:
        snapshot.pieces.save(folder / PIECES)
    _write_text(folder / "report.json", json.dumps(report, ensure_ascii=False, indent=1))
    files = {
        path.relative_to(folder).as_posix(): checksum(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }
    parts = asdict(snapshot.manifest) | {"files": files, "counts": _counts(snapshot)}
    parts["version"] = version_of(parts)
    _write_text(folder / MANIFEST, json.dumps(parts, ensure_ascii=False, indent=1))
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)
    return Manifest(**parts)


def read(
    folder: Path, embedder: str | None = None, packs: Packs | None = None, verified: Verified | None = None
) -> Snapshot:
    """Open a snapshot after checking every file against the manifest, unless it is known to be `verified`.

    `embedder` is the fingerprint of the model that will embed the queries, `packs` chooses the pack that questions are
    read with; raises SnapshotError when the index was made with another one, or when a file is missing or changed.
    Without them the index can be looked at, not asked.
    """
    manifest = read_manifest(folder)
    if verified and verified.holds(folder, manifest.files):
        return _opened(folder, manifest, embedder, packs, trusted=True)
    with verified.noting(folder, manifest.files) if verified else nullcontext():
        compare(folder, manifest)
        return _opened(folder, manifest, embedder, packs, trusted=False)


def _opened(folder: Path, manifest: Manifest, embedder: str | None, packs: Packs | None, *, trusted: bool) -> Snapshot:
    if embedder is not None and manifest.settings["embedder"] != embedder:
        raise SnapshotError(
            f"index {folder.name!r} was made with embedder {manifest.settings['embedder']!r}, the service "
            f"has {embedder!r}; run `python -m ingest build` with the service's settings, or set the "
            "model back"
        )
    pack = none() if packs is None else _pack(folder, manifest, packs)
    try:
        opened = _read(folder, manifest, pack, trusted)
        if not trusted:
            _check(opened)
        return opened
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise SnapshotError(
            f"index {folder.name!r} cannot be read ({error}); run `python -m ingest build --force`"
        ) from error


def _pack(folder: Path, manifest: Manifest, packs: Packs) -> Pack:
    pack = packs.choose(manifest.sources)
    for key, wanted in (("pack", pack.fingerprint), ("tokeniser", pack.words.fingerprint)):
        if manifest.settings.get(key) != wanted:
            raise SnapshotError(
                f"index {folder.name!r} was made with {key} {manifest.settings.get(key)!r}, this is {wanted!r}; "
                "run `python -m ingest build`, or set OUTLINE_QA_PACK to the pack that it was made with"
            )
    return pack


def _read(folder: Path, manifest: Manifest, pack: Pack, trusted: bool) -> Snapshot:
    chunks, register = Records(folder / "chunks.jsonl", Chunk.from_json), Register.load(folder / "register")
    documents = MappedDocuments(folder / "documents")
    snapshot = Snapshot(
        manifest=manifest,
        documents=documents,
        entries=tuple(Records(folder / "entries.jsonl", lambda line: Entry(**line))),
        chunks=chunks,
        aliases=MappedAliases(folder / "aliases.jsonl", register.aliased),
        groups=MappedGroups(chunks, register),
        dense=DenseIndex.load(folder / "dense.faiss"),
        postings=Postings.load(folder / "bm25", trusted),
        titles=DenseIndex.load(folder / "titles.faiss"),
        ways=Ways.load(folder / "asked", trusted),
        pack=pack,
        origins=MappedOrigins(folder / ORIGINS) if ORIGINS in manifest.files else {},
        pieces=Pieces.load(folder / PIECES) if f"{PIECES}/at.npy" in manifest.files else None,
        register=register,
        told=Told.load(folder / "told", documents.names),
        averages=mapped_array(folder / "averages.npy", np.float32, 2),
        wording=Wording.load(folder / "wording"),
    )
    sizes = {len(snapshot.chunks), len(snapshot.dense), snapshot.postings.documents, len(register.groups)}
    sizes |= {len(snapshot.pieces.at) - 1} if snapshot.pieces else set()
    if len(sizes) > 1 or len(snapshot.groups) != len(snapshot.titles):
        raise ValueError(f"its parts disagree on how many chunks there are: {sizes}")
    if manifest.counts != _counts(snapshot):
        raise ValueError(f"it holds {_counts(snapshot)}, its manifest says {manifest.counts}")
    return snapshot


def _check(snapshot: Snapshot) -> None:
    for chunk in chain(snapshot.chunks, *snapshot.aliases.values()):
        if snapshot.documents[chunk.document][chunk.start : chunk.end] != chunk.text:
            raise ValueError(f"chunk {chunk.id!r} is not at its place in {chunk.document!r}")


def _counts(snapshot: Snapshot) -> dict[str, int]:
    return {
        "documents": len(snapshot.documents),
        "entries": len(snapshot.entries),
        "answered": sum(entry.answered for entry in snapshot.entries),
        "chunks": len(snapshot.chunks),
        "aliases": len(snapshot.register.aliased),
    }


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def sync(path: Path) -> None:
    """Flush a file or folder to disk, so that a power cut after publishing cannot lose it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
