"""The pipeline of a build: documents -> clean -> chunk -> embed + postings -> snapshot."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk, Chunker
from ingest.clean import CleanReport, CleanSteps, clean_sources
from ingest.clean.report import NearPair
from ingest.cut import Cut, Terms, cut_documents
from ingest.fit.choice import Choice, choose, view
from ingest.fit.pseudo import pseudo_questions
from ingest.index import snapshot, ways
from ingest.index.bm25 import Postings
from ingest.index.dense import MANY, SAMPLE, DenseIndex
from ingest.index.originals import Originals
from ingest.index.pieces import MOST, SHORT, Pieces, divided
from ingest.index.snapshot import Manifest, Snapshot, SnapshotError
from ingest.index.versions import Versions
from ingest.index.ways import Ways
from ingest.likeness import near_passages
from ingest.memo import Memo
from ingest.models.again import MemoEmbedder
from ingest.models.checkpoint import CheckpointEmbedder
from ingest.models.embedder import Embedder
from ingest.pack import Pack, PackError, Packs
from ingest.prepare import Recipe, files_of
from ingest.progress import Report
from ingest.read.files import Source, read
from ingest.read.reading import Limits, Skipped, UnfitError
from ingest.workers.workers import Workers


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
    passages: Mapping[str, int]  # by document, equal ones of several documents counted for each


def build_index(
    paths: Sequence[Path],
    versions: Versions,
    embedder: Embedder,
    chunker: Chunker,
    steps: CleanSteps,
    packs: Packs,
    *,
    near_threshold: float | None = 0.9,
    max_bytes: int = 16 << 20,
    limits: Limits | None = None,
    force: bool = False,
    progress: Report = lambda *_: None,
    beside: Sequence[Skipped] = (),
    made: Path | None = None,
    originals: bool = True,
    workers: Workers | None = None,
) -> Outcome:
    """Build a snapshot of the files and folders and make it current, unless the current one is of the same.

    `packs` chooses what is known of the documents. Passages alike by `near_threshold` are all indexed and named in the
    report, None names none; `beside` was skipped before, and goes into the report too. In the folder `made` lies what
    was made of each document, for the next build, and what `workers` make beforehand, to the last bit the same; `force`
    makes all anew; `originals` keeps the documents' files. Raises BuildError when there is nothing to index or the pack
    cannot be used, OSError for a path that cannot be read, BusyError while another build runs.
    """
    limits = limits or Limits()
    if workers and made:
        recipe = Recipe(max_bytes, limits, steps, near_threshold, packs, made.absolute(), force)
        workers.prepare(files_of(paths, limits), recipe, progress)
    memo = Memo(made, force and not workers)
    sources, skipped = read(paths, max_bytes, partial(progress, "read"), limits, memo)
    cleaned, report = clean_sources(sources, steps, [*beside, *skipped], memo)
    pack = _pack(packs, [source.name for source in sources])
    settings = _settings(chunker, embedder, pack, asdict(steps) | {"near": near_threshold})
    settings |= _reading(sources, limits, originals)
    files = {source.name: source.sha256 for source in sources}
    inputs = hashlib.sha256(json.dumps([files, settings], sort_keys=True).encode()).hexdigest()
    with versions.building() as folder:
        before = None if force else _previous(versions)
        if before and before.manifest.inputs == inputs:
            versions.backend.load(before, versions.folder(before.manifest.version))
            return Outcome(before.manifest, False, report, (), len(before.chunks), _passages(before))
        cut = cut_documents(cleaned, chunker, pack.words, near_threshold, steps.duplicates, memo, progress)
        if not cut.chunks:
            raise _nothing(paths, [*beside, *skipped])
        cut.warnings[:0] = [f"{source.name}: {warning}" for source in sources for warning in source.warnings]
        report = replace(report, near=_near(cut, near_threshold, memo))
        kept = _keep(sources, report, Originals(versions.root)) if originals else {}
        manifest = Manifest("", _now(), inputs, files, settings, originals=kept)
        outliving = CheckpointEmbedder(embedder, made, force, workers.embed if workers else None)
        assembled, reused = _assemble(cut, manifest, pack, outliving, before, memo, progress)
        manifest = snapshot.write(folder, assembled, asdict(report) | {"warnings": cut.warnings})
        noted = versions.verified(manifest.version)
        versions.backend.load(snapshot.read(folder, embedder.fingerprint, packs, noted), folder)  # or all is as it was
        versions.publish(folder, manifest)
        Originals(versions.root).tidy({digest for each in versions.manifests() for digest in each.originals.values()})
    memo.tidy()
    return Outcome(manifest, True, report, tuple(cut.warnings), reused, _passages(assembled))


def _near(cut: Cut, threshold: float | None, memo: Memo) -> tuple[NearPair, ...]:
    if threshold is None:
        return ()
    return near_passages(cut.documents, cut.extents, threshold, memo.path(("compared", str(threshold))))


def _settings(chunker: Chunker, embedder: Embedder, pack: Pack, clean: Mapping[str, object]) -> dict[str, str]:
    return {
        "chunker": chunker.fingerprint,
        "embedder": embedder.fingerprint,
        "tokeniser": pack.words.fingerprint,
        "pack": pack.fingerprint,
        "clean": json.dumps(clean, sort_keys=True),
        "pieces": str(SHORT),
    }


def _reading(sources: Sequence[Source], limits: Limits, originals: bool) -> dict[str, str]:
    """Say how files of other formats than Markdown are read, where there are any."""
    others = any(source.kind != "markdown" for source in sources)
    return {"reading": limits.fingerprint, "originals": str(originals)} if others else {}


def _nothing(paths: Sequence[Path], skipped: Sequence[Skipped]) -> BuildError:
    reasons = "".join(f"\n  {skip.name}: {skip.reason}" for skip in skipped) or " no text in them"
    return BuildError(f"nothing to index in {', '.join(map(repr, map(str, paths)))}:{reasons}")


def _keep(sources: Sequence[Source], report: CleanReport, originals: Originals) -> dict[str, str]:
    """Keep the files of documents in which nothing was masked; return their hashes by document.

    A file that has changed since it was read is left out: the next build has it.
    """
    masked = {change.name for change in report.changes if change.step == "secrets"}
    kept: dict[str, str] = {}
    for source in sources:
        if source.kind == "markdown" or source.name in masked or source.raw is None:
            continue
        if not originals.path(source.sha256):
            with suppress(OSError, UnfitError):
                originals.keep(source.raw())
        if originals.path(source.sha256):
            kept[source.name] = source.sha256
    return kept


def _passages(made: Snapshot) -> Mapping[str, int]:
    names = list(made.documents)
    return dict(zip(names, made.register.columns.passages(names), strict=True))


def _pack(packs: Packs, documents: Sequence[str]) -> Pack:
    try:
        pack = packs.choose(documents)
    except PackError as error:
        raise BuildError(f"{error}; the index is as it was") from error
    try:
        pack.words.expand("")  # reads the glossary, so that a wrong line is named here and not at a question
    except ValueError as error:
        raise BuildError(f"{pack.folder}: {error}; the index is as it was") from error
    return pack


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _assemble(
    cut: Cut,
    manifest: Manifest,
    pack: Pack,
    embedder: Embedder,
    before: Snapshot | None,
    memo: Memo,
    progress: Report,
) -> tuple[Snapshot, int]:
    """Embed and index what was cut; return the snapshot and how many chunks kept the vectors they had."""
    groups = snapshot.groups(cut.chunks)
    if before and before.manifest.settings["embedder"] != embedder.fingerprint:
        before = None  # its vectors are another model's
    known = _known_vectors(before)
    texts = [chunk.indexed for chunk in cut.chunks]
    vectors, reused = _embed(texts, embedder, known, "embed", progress)
    known |= zip(texts, vectors, strict=True)  # what no title stands above is its own
    titles, _ = _embed([group.title for group in groups], embedder, known, "titles", progress)
    questions = ["".join(cut.chunks[group.rows[0]].heading_path[1:2]) for group in groups]
    asked = ways.other_ways(questions, pack.ways)
    terms = pack.words.terms
    way_vectors, _ = _embed([way for way, _ in asked], embedder, known, "asked", progress)
    asking = _asking(cut.chunks, embedder) if len(vectors) >= MANY else None
    dense, tops = DenseIndex.build(vectors, asking), DenseIndex.build(titles, asking)
    graphs = {"passages": dense.recall, "titles": tops.recall}
    manifest = replace(manifest, recall={name: asdict(recall) for name, recall in graphs.items() if recall})
    made = Snapshot(
        manifest=manifest,
        documents=cut.documents,
        entries=tuple(cut.entries),
        chunks=tuple(cut.chunks),
        aliases=cut.aliases,
        origins=cut.origins,
        groups=groups,
        dense=dense,
        postings=Postings.build(cut.terms),
        titles=tops,
        ways=Ways(
            tuple(way for way, _ in asked),
            tuple(group for _, group in asked),
            DenseIndex.build(way_vectors),
            Postings.build([terms(way) for way, _ in asked]),
        ),
        pack=pack,
    )
    if pack.fitted.choices and not cut.entries:  # what is fitted to an outline serves outlines
        fusion = asdict(_fusion(made, cut.terms, MemoEmbedder(embedder, memo), progress))
        made = replace(made, manifest=replace(manifest, fusion=fusion))
    if len(made.chunks) <= MOST:
        made = replace(made, pieces=_pieces(made.chunks, embedder, before, progress))
    return made, reused


def _pieces(chunks: Sequence[Chunk], embedder: Embedder, before: Snapshot | None, progress: Report) -> Pieces:
    """Embed the pieces of passages, but for those that the snapshot before has."""
    known: dict[str, NDArray[np.float32]] = {}
    if before and before.pieces:
        had = [piece.text for chunk in before.chunks for piece in divided(chunk.text)]
        if len(had) == len(before.pieces.vectors):  # another version cut otherwise
            known = dict(zip(had, before.pieces.vectors.astype(np.float32), strict=True))
    own = [divided(chunk.text) for chunk in chunks]
    vectors, _ = _embed([piece.text for each in own for piece in each], embedder, known, "pieces", progress)
    return Pieces.build(vectors, [len(each) for each in own])


def _asking(chunks: Sequence[Chunk], embedder: Embedder) -> NDArray[np.float32]:
    """Return vectors of questions that passages answer by themselves, or of headings, to measure searches by."""
    some = chunks[:: max(1, len(chunks) // (4 * SAMPLE))]
    texts = [question.text for question in pseudo_questions(some, SAMPLE)]
    return embedder.embed_queries(texts or [" > ".join(chunk.headings) for chunk in some[:SAMPLE]])


def _fusion(made: Snapshot, terms: Sequence[Terms], embedder: Embedder, progress: Report) -> Choice:
    """Choose the fusion that serves the documents, on questions that they answer by themselves."""
    questions = pseudo_questions(made.chunks)
    seen = view(made, terms, made.pack.words, questions, embedder, partial(progress, "choose"))
    return choose(questions, seen, made.pack.fitted.choices)


def _previous(versions: Versions) -> Snapshot | None:
    try:
        return versions.open()
    except SnapshotError:
        return None  # none yet, or damaged: the new one replaces it


def _known_vectors(before: Snapshot | None) -> dict[str, NDArray[np.float32]]:
    if before is None:
        return {}
    titles = zip((group.title for group in before.groups), before.titles.vectors(), strict=True)
    ways = zip(before.ways.questions, before.ways.dense.vectors(), strict=True)
    chunks = zip((c.indexed for c in before.chunks), before.dense.vectors(), strict=True)
    return dict(titles) | dict(ways) | dict(chunks)


def _embed(
    texts: Sequence[str],
    embedder: Embedder,
    known: Mapping[str, NDArray[np.float32]],
    stage: str,
    progress: Report,
) -> tuple[NDArray[np.float32], int]:
    """Return (n, d) vectors and how many were taken over from the previous snapshot."""
    fresh = list(dict.fromkeys(text for text in texts if text not in known))
    made = embedder.embed_passages(fresh, lambda done: progress(stage, done, len(fresh)))
    vectors = dict(known) | dict(zip(fresh, made, strict=True))
    rows = [vectors[text] for text in texts]
    return np.array(rows, np.float32).reshape(len(rows), embedder.dimension), sum(text in known for text in texts)
