"""One immutable index on disk: documents, entries, chunks, vectors, postings; a manifest with checksums."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.fitted import Fitted, FusionWeights
from ingest.index.bm25 import Postings
from ingest.index.dense import DenseIndex
from ingest.index.nearness import spread_of
from ingest.index.pieces import Pieces
from ingest.index.ways import Ways
from ingest.pack import Pack, Packs, none
from ingest.parse.outline import Entry
from ingest.read.origin import NOWHERE, Origin

FORMAT = 2
MANIFEST = "manifest.json"
ORIGINS = "origins.jsonl"  # of documents that were no Markdown; not there without any
PIECES = "pieces"  # a folder, not there where there are too many passages


class SnapshotError(Exception):
    """A snapshot that is missing, damaged or made for another model; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot was made from and what it holds; `version` is the hash of the inputs and the files."""

    version: str
    created: str
    inputs: str  # hash of the source files and settings: equal inputs need no new build
    sources: Mapping[str, str]  # file name -> sha256 of its bytes
    settings: Mapping[str, str]  # chunker, embedder, tokeniser, pack, cleaning
    counts: Mapping[str, int] = field(default_factory=dict)  # documents, entries, chunks ...
    files: Mapping[str, str] = field(default_factory=dict)  # file in the snapshot -> sha256
    fusion: Mapping[str, Any] = field(default_factory=dict)  # what serves these documents, with its figures
    originals: Mapping[str, str] = field(default_factory=dict)  # document -> sha256 of its file, where that is kept
    recall: Mapping[str, Any] = field(default_factory=dict)  # of the graphs that large indexes are searched through
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Group:
    """An entry with its passages, or a passage outside of entries: the unit that results are counted by."""

    key: tuple[str, ...]
    title: str
    rows: tuple[int, ...]  # its chunks


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An opened index; row i of `dense` and `postings` is chunks[i], of `titles` groups[i].

    `pack` is the one it was made with: it has the words that `postings` are made of.
    """

    manifest: Manifest
    documents: Mapping[str, str]
    entries: tuple[Entry, ...]
    chunks: tuple[Chunk, ...]
    aliases: Mapping[str, tuple[Chunk, ...]]  # chunk id -> the same passage elsewhere
    groups: tuple[Group, ...]
    dense: DenseIndex
    postings: Postings
    titles: DenseIndex
    ways: Ways
    pack: Pack
    origins: Mapping[str, Origin] = field(default_factory=dict)  # by document, where it was not Markdown
    pieces: Pieces | None = None  # of `chunks`, where these are not too many
    rows: Mapping[tuple[str, ...], tuple[int, ...]] = field(init=False, repr=False, compare=False)  # by group's key
    spread: float = field(init=False, repr=False, compare=False)  # of unrelated cosines: the unit of nearness
    fitted: Fitted = field(init=False, repr=False, compare=False)  # the pack's, with the fusion chosen at the build
    _entries: Mapping[tuple[str, str | None], Entry] = field(init=False, repr=False, compare=False)
    _same: Mapping[str, Sequence[Chunk]] = field(init=False, repr=False, compare=False)  # of one text, by chunk's id

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", {group.key: group.rows for group in self.groups})
        passages = self.dense.vectors()
        titles = self.titles.vectors() if any(chunk.entry_id for chunk in self.chunks) else passages
        object.__setattr__(self, "spread", spread_of(titles, passages))
        object.__setattr__(self, "fitted", self._fitted())
        texts: dict[str, list[Chunk]] = {}
        for chunk in self.chunks:
            texts.setdefault(chunk.text, []).append(chunk)
        object.__setattr__(self, "_same", {chunk.id: same for same in texts.values() for chunk in same})
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
        return self.chunks[self.rows[entry.document, entry.id][0]]

    def numbers(self) -> NDArray[np.int64]:
        """Return the number of each chunk's group, (n,)."""
        numbers = np.empty(len(self.chunks), np.int64)
        for number, group in enumerate(self.groups):
            numbers[list(group.rows)] = number
        return numbers

    def chunk(self, id: str) -> Chunk:
        """Return an indexed chunk; raises KeyError when there is none."""
        return next(chunk for chunk in self._same[id] if chunk.id == id)

    def row(self, chunk: Chunk) -> int:
        """Return the number of an indexed chunk among `chunks`."""
        return next(row for row in self.rows[chunk.group] if self.chunks[row].id == chunk.id)

    def places(self, id: str) -> tuple[Chunk, ...]:
        """Return an indexed chunk and all others with its text, indexed with it or apart; () when there is none."""
        return tuple(place for chunk in self._same.get(id, ()) for place in (chunk, *self.aliases.get(chunk.id, ())))


def groups(chunks: Sequence[Chunk]) -> tuple[Group, ...]:
    """Group chunks by entry, in order of first appearance; outside of entries each stands for itself."""
    rows: dict[tuple[str, ...], list[int]] = {}
    for row, chunk in enumerate(chunks):
        rows.setdefault(chunk.group, []).append(row)
    return tuple(Group(key, _title(chunks[members[0]]), tuple(members)) for key, members in rows.items())


def _title(chunk: Chunk) -> str:
    return " > ".join(chunk.heading_path[:2] if chunk.entry_id else chunk.headings) or chunk.indexed


def write(folder: Path, snapshot: Snapshot, report: Mapping[str, object]) -> Manifest:
    """Write all files of a snapshot into an empty folder; return its manifest with version and counts."""
    (folder / "bm25").mkdir()
    _write_lines(folder / "documents.jsonl", ({"name": n, "text": t} for n, t in snapshot.documents.items()))
    _write_lines(folder / "entries.jsonl", (asdict(entry) for entry in snapshot.entries))
    _write_lines(folder / "chunks.jsonl", (chunk.to_json() for chunk in snapshot.chunks))
    _write_lines(
        folder / "aliases.jsonl",
        ({"of": of, **chunk.to_json()} for of, chunks in snapshot.aliases.items() for chunk in chunks),
    )
    if snapshot.origins:
        rows = ({"name": name, **origin.to_json()} for name, origin in snapshot.origins.items())
        _write_lines(folder / ORIGINS, rows)
    snapshot.dense.save(folder / "dense.faiss")
    snapshot.titles.save(folder / "titles.faiss")
    snapshot.postings.save(folder / "bm25")
    snapshot.ways.save(folder / "asked")
    if snapshot.pieces:
        snapshot.pieces.save(folder / PIECES)
    _write_text(folder / "report.json", json.dumps(report, ensure_ascii=False, indent=1))
    files = {path.relative_to(folder).as_posix(): _sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    parts = asdict(snapshot.manifest) | {"files": files, "counts": _counts(snapshot)}
    parts["version"] = _version(parts)
    _write_text(folder / MANIFEST, json.dumps(parts, ensure_ascii=False, indent=1))
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)
    return Manifest(**parts)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest alone; raises SnapshotError when it is missing or of another format."""
    try:
        parts = json.loads((folder / MANIFEST).read_text("utf-8"))
        if parts["format"] != FORMAT:
            raise SnapshotError(
                f"index {folder.name!r} has format {parts['format']!r}, this program reads {FORMAT}; "
                "run `python -m ingest build`"
            )
        if parts["version"] != _version(parts):
            raise ValueError(f"its content does not make version {parts['version']!r}")
        return Manifest(**parts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(
            f"index {folder.name!r} has no readable manifest ({error}); run `python -m ingest build`, "
            "or `python -m ingest rollback VERSION` for an earlier one"
        ) from error


def read(folder: Path, embedder: str | None = None, packs: Packs | None = None) -> Snapshot:
    """Open a snapshot after checking every file against the manifest.

    `embedder` is the fingerprint of the model that will embed the queries, `packs` chooses the pack that questions are
    read with; raises SnapshotError when the index was made with another one, or when a file is missing or changed.
    Without them the index can be looked at, not asked.
    """
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != expected:
            state = "changed on disk" if path.is_file() else "missing"
            raise SnapshotError(
                f"index {folder.name!r} is damaged: {name!r} is {state}; run `python -m ingest build "
                "--force`, or `python -m ingest rollback VERSION` for an earlier one"
            )
    if embedder is not None and manifest.settings["embedder"] != embedder:
        raise SnapshotError(
            f"index {folder.name!r} was made with embedder {manifest.settings['embedder']!r}, the service "
            f"has {embedder!r}; run `python -m ingest build` with the service's settings, or set the "
            "model back"
        )
    pack = none() if packs is None else _pack(folder, manifest, packs)
    try:
        return _read(folder, manifest, pack)
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


def _read(folder: Path, manifest: Manifest, pack: Pack) -> Snapshot:
    chunks = tuple(Chunk.from_json(line) for line in _lines(folder / "chunks.jsonl"))
    aliases: dict[str, tuple[Chunk, ...]] = {}
    for line in _lines(folder / "aliases.jsonl"):
        of = line.pop("of")
        aliases[of] = (*aliases.get(of, ()), Chunk.from_json(line))
    snapshot = Snapshot(
        manifest=manifest,
        documents={line["name"]: line["text"] for line in _lines(folder / "documents.jsonl")},
        entries=tuple(Entry(**line) for line in _lines(folder / "entries.jsonl")),
        chunks=chunks,
        aliases=aliases,
        groups=groups(chunks),
        dense=DenseIndex.load(folder / "dense.faiss"),
        postings=Postings.load(folder / "bm25"),
        titles=DenseIndex.load(folder / "titles.faiss"),
        ways=Ways.load(folder / "asked"),
        pack=pack,
        origins={line["name"]: Origin.from_json(line) for line in _lines(folder / ORIGINS)}
        if ORIGINS in manifest.files
        else {},
        pieces=Pieces.load(folder / PIECES) if f"{PIECES}/at.npy" in manifest.files else None,
    )
    sizes = {len(snapshot.chunks), len(snapshot.dense), snapshot.postings.documents}
    sizes |= {len(snapshot.pieces.at) - 1} if snapshot.pieces else set()
    if len(sizes) > 1 or len(snapshot.groups) != len(snapshot.titles):
        raise ValueError(f"its parts disagree on how many chunks there are: {sizes}")
    if manifest.counts != _counts(snapshot):
        raise ValueError(f"it holds {_counts(snapshot)}, its manifest says {manifest.counts}")
    for chunk in (*chunks, *(alias for same in aliases.values() for alias in same)):
        if snapshot.documents[chunk.document][chunk.start : chunk.end] != chunk.text:
            raise ValueError(f"chunk {chunk.id!r} is not at its place in {chunk.document!r}")
    return snapshot


def _counts(snapshot: Snapshot) -> dict[str, int]:
    return {
        "documents": len(snapshot.documents),
        "entries": len(snapshot.entries),
        "answered": sum(entry.answered for entry in snapshot.entries),
        "chunks": len(snapshot.chunks),
        "aliases": sum(map(len, snapshot.aliases.values())),
    }


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)


def _write_lines(path: Path, rows: Iterable[object]) -> None:
    _write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(parts: Mapping[str, Any]) -> str:
    identity = {key: parts[key] for key in ("format", "inputs", "settings", "files", "fusion")}
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]


def sync(path: Path) -> None:
    """Flush a file or folder to disk, so that a power cut after publishing cannot lose it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
