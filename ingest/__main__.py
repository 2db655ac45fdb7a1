"""`python -m ingest build | work | fit | coverage | versions | diff | promote | rollback`."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from ingest import bootstrap, plugins
from ingest.build import BuildError, Outcome
from ingest.fit.command import check_packages, fit_pack, show_gains, show_held
from ingest.fit.corpora import Corpus, documents_of, labelled_sets
from ingest.fit.documents import fit_documents
from ingest.fit.engine import Engine, EngineError
from ingest.fit.general import fit_general
from ingest.fitted import Fitted
from ingest.index.dense import DEPTH
from ingest.index.snapshot import Snapshot, SnapshotError
from ingest.index.versions import CANDIDATE, Versions
from ingest.indexing import index_documents
from ingest.jobs.work import work_off
from ingest.models.embedder import Embedder
from ingest.models.offline import ModelUnavailableError
from ingest.pack import NONE, SHIPPED
from ingest.progress import bars
from ingest.settings import IngestSettings, place
from ingest.sources.source import FetchError
from ingest.workers.workers import Workers

TRIAL_HOURS = 48.0  # that a promotion can be taken back by itself: two nights
GENERAL = Path("var/fit/general")
STAGES = {
    "fetch": "Fetching files",
    "prepare": "Taking files apart",
    "read": "Reading files",
    "chunk": "Cutting documents",
    "embed": "Embedding chunks",
    "titles": "Embedding titles",
    "pieces": "Embedding pieces",
    "asked": "Embedding asked",
    "choose": "Choosing fusion",
    "measure": "Measuring names",
}
PACE = {"prepare": "passages taken apart", "embed": "texts embedded"}
# What is printed holds names and texts of people's files: brackets in them are no markup.
console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
out = Console(markup=False, highlight=False, soft_wrap=True)


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        settings = IngestSettings()
        versions = bootstrap.index(settings)
        match options.command:
            case "build":
                own = replace(versions, pointer=CANDIDATE) if options.candidate else versions
                with bootstrap.workers(settings) as workers:
                    corpus = settings.with_corpus(options.path)
                    ensure(corpus, bootstrap.embedder(settings), options.force, own, workers)
            case "fit" if options.path:
                _fit(settings.with_corpus(options.path))
            case "fit" if options.corpora:
                _fit_general(settings, options.corpora, options.general or SHIPPED / NONE)
            case "fit":
                path = fit_pack(out, console, options.anew, options.cross_encoder, options.general, Path.cwd())
                console.print(f"written to {path}")
                ensure(settings, bootstrap.embedder(settings))  # the index names the pack that it was made with
            case "work":
                if options.until_eof:
                    Thread(target=_until_eof, daemon=True).start()
                work_off(settings, lambda: bootstrap.embedder(settings), options.idle)
            case "coverage":
                _coverage(versions.open(), options.k)
            case "versions":
                _versions(versions)
            case "diff":
                _diff(*(versions.open(version=versions.resolve(name)) for name in (options.a, options.b)))
            case "promote" if options.withdraw:
                versions.withdraw()
                console.print("there is no candidate")
            case "promote":
                console.print(f"version {versions.promote()} is current")
            case "rollback" if options.version is None:
                console.print(f"version {versions.demote(options.within_hours * 3600)} is current")
            case "rollback":
                version = versions.resolve(options.version)
                versions.open(version=version)
                versions.point(version)
                console.print(f"version {version} is current")
    except (
        BuildError,
        EngineError,
        FetchError,
        SnapshotError,
        ModelUnavailableError,
        OSError,
        ValidationError,
        ValueError,
    ) as error:
        console.print(f"error: {error}", style="red")
        return 1
    return 0


def _until_eof() -> None:
    """End with the process that started this one: the jobs are as safe as after a kill."""
    while os.read(0, 1024):  # not sys.stdin, whose lock held here would abort a process that ends by itself
        pass
    os._exit(1)


def _fit(settings: IngestSettings) -> None:
    """Make a pack for the documents, show what it does for them, and index them with it if it was good."""
    embedder = bootstrap.embedder(settings)
    plain = settings.model_copy(update={"pack": NONE})
    ensure(plain, embedder)
    snapshot = bootstrap.index(plain).open(packs=bootstrap.packs(plain))
    with bars(console, STAGES) as progress:
        made = fit_documents(snapshot, embedder, settings.packs / Path(settings.corpus[0]).resolve().stem, progress)
    show_gains(out, made)
    if made.folder:
        ensure(settings, embedder)


def _fit_general(settings: IngestSettings, folders: Sequence[Path], pack: Path) -> None:
    """Fit the confidence for any documents into a pack; each set gets an index of its own, kept for the next time."""
    check_packages()
    embedder, sets = bootstrap.embedder(settings), labelled_sets(*folders)

    def opened(corpus: Corpus) -> Engine:
        root = GENERAL / corpus.home
        own = {"corpus": documents_of(corpus, root), "index": root / "index", "pack": NONE}
        ensure(settings.model_copy(update=own), embedder)
        engine: Engine = plugins.factory("engine", "service")(root / "index")
        return engine

    present = Fitted.read(pack / "fitted.json")
    with bars(console) as progress:
        fitted, held = fit_general(sets, opened, present, progress)
    fitted.write(pack / "fitted.json")
    show_held(out, held)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ingest", description="Build and manage the index.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="index files, folders and sites, and make the result current")
    command.add_argument(
        "path",
        nargs="*",
        type=place,
        help="files, folders, patterns, ZIP archives, https://…, git+https://…, lists of these in TOML; "
        "default: the setting `corpus`",
    )
    command.add_argument("--force", action="store_true", help="build even when nothing has changed")
    command.add_argument("--candidate", action="store_true", help="make the result the candidate that is tried")
    command = commands.add_parser("coverage", help="entries without an answer, and what comes nearest to one")
    command.add_argument("-k", type=int, default=2, help="passages shown for each entry")
    command = commands.add_parser(
        "work", help="do the jobs that wait (uploads, removals), as the service has them done"
    )
    command.add_argument("--idle", type=float, default=0.5, help="seconds without a job after which it ends")
    command.add_argument("--until-eof", action="store_true", help="end when the standard input does")
    commands.add_parser("versions", help="list the versions of the index")
    command = commands.add_parser("diff", help="what changed from version A to version B")
    command.add_argument("a")
    command.add_argument("b")
    command = commands.add_parser("promote", help="make the candidate current")
    command.add_argument("--withdraw", action="store_true", help="have no candidate any more instead")
    command = commands.add_parser("rollback", help="make an earlier version current again")
    command.add_argument("version", nargs="?", help="default: the one before the last promotion")
    command.add_argument(
        "--within-hours", type=float, default=TRIAL_HOURS, help="without VERSION: how old that promotion may be"
    )
    command = commands.add_parser(
        "fit", help="make a pack for files and folders; without any, fit the numbers of the current index's pack"
    )
    command.add_argument("path", nargs="*", type=Path, help="files and folders to make a pack for")
    command.add_argument("--anew", action="store_true", help="take new numbers even where the present ones are as good")
    command.add_argument("--cross-encoder", type=Path, metavar="DATA", help="train one first, from these question sets")
    command.add_argument(
        "--corpora",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="fit the confidence for any documents to sets",
    )
    command.add_argument("--general", type=Path, metavar="PACK", help="a pack for what holds for any documents, too")
    return parser


def ensure(
    settings: IngestSettings,
    embedder: Embedder,
    force: bool = False,
    versions: Versions | None = None,
    workers: Workers | None = None,
) -> Outcome:
    """Build what the settings name unless it is current already, with progress bars and a report."""
    with bars(console, STAGES) as progress:
        outcome = index_documents(settings, embedder, progress, force=force, versions=versions, workers=workers)
    counts = ", ".join(f"{count} {name}" for name, count in outcome.manifest.counts.items())
    if outcome.built:
        console.print(str(outcome.report))
        for warning in outcome.warnings:
            console.print(f"warning: {warning}")
        if fusion := outcome.manifest.fusion:
            figures = ", ".join(f"{name} {figure:.3f}" for name, figure in fusion["figures"].items())
            console.print(
                f"fusion {fusion['name']!r}, on {fusion['questions']} questions that the documents answer: {figures}"
            )
        for name, recall in outcome.manifest.recall.items():
            console.print(
                f"{name}: {recall['share']:.0%} of the clusters have {recall['found']:.3f} of the {DEPTH} nearest, in "
                f"{recall['queries']} searches"
            )
        place = "the candidate" if versions and versions.pointer == CANDIDATE else "current"
        console.print(f"index {outcome.manifest.version} is {place}: {counts}; {outcome.reused} chunks reused")
    else:
        console.print(f"index {outcome.manifest.version} is up to date: {counts}")
    for stage, (several, seconds) in (workers.speeds if workers else {}).items():
        console.print(f"{several} {PACE[stage]} in {seconds:.1f} s, {several / max(seconds, 1e-9):.1f} a second")
    return outcome


def _coverage(snapshot: Snapshot, k: int) -> None:
    """Show, for each unanswered entry, the answered passages nearest to its question."""
    answered = np.array([chunk.kind == "text" for chunk in snapshot.chunks])
    titles = snapshot.titles.vectors()
    by_group = {group.key: row for row, group in enumerate(snapshot.groups)}
    table = Table("entry", "stars", "question", "nearest passages (cosine)", title="Entries without an answer")
    missing = [entry for entry in snapshot.entries if not entry.answered]
    for entry in missing:
        rows, scores = snapshot.dense.search(titles[by_group[(entry.document, entry.id)]], k, answered)
        near = []
        for row, score in zip(rows, scores, strict=True):
            chunk = snapshot.chunks[row]
            near.append(f"{chunk.entry_id or chunk.document} {' > '.join(chunk.heading_path[1:])[:60]} ({score:.2f})")
        table.add_row(entry.id, "★" * entry.stars, entry.question[:70], "\n".join(near))
    out.print(table)
    out.print(f"{len(missing)} of {len(snapshot.entries)} entries have no answer")


def _versions(versions: Versions) -> None:
    table = Table("", "version", "created", "documents", "entries", "chunks", "chunker")
    current = versions.current()
    for manifest in versions.manifests():
        counts = [str(manifest.counts[name]) for name in ("documents", "entries", "chunks")]
        mark = "*" if manifest.version == current else ""
        table.add_row(mark, manifest.version, manifest.created, *counts, manifest.settings["chunker"].rsplit(":", 1)[0])
    out.print(table)


def _diff(a: Snapshot, b: Snapshot) -> None:
    """Print the documents, entries, chunks and settings that differ."""
    for name in sorted({*a.documents, *b.documents}):
        if a.documents.get(name) != b.documents.get(name):
            state = "added" if name not in a.documents else "removed" if name not in b.documents else "changed"
            out.print(f"document {state}: {name}")
    for key in sorted({*a.manifest.settings, *b.manifest.settings}):
        if a.manifest.settings.get(key) != b.manifest.settings.get(key):
            out.print(f"setting {key}: {a.manifest.settings.get(key)} -> {b.manifest.settings.get(key)}")
    was, now = ({(e.document, e.id): e for e in s.entries} for s in (a, b))
    for entry_id in sorted({*was, *now}):
        old, new = was.get(entry_id), now.get(entry_id)
        if old is None or new is None:
            out.print(f"entry {'added' if new else 'removed'}: {entry_id[1]}")
        elif (old.question, old.stars, old.answered) != (new.question, new.stars, new.answered):
            out.print(f"entry changed: {entry_id[1]} (answered {old.answered} -> {new.answered})")
    before, after = ({c.id: c for c in s.chunks} for s in (a, b))
    for sign, chunks in (
        ("-", [before[i] for i in before if i not in after]),
        ("+", [after[i] for i in after if i not in before]),
    ):
        for chunk in chunks:
            out.print(f"{sign} {chunk.entry_id or chunk.document} {chunk.text[:80]!r}")
    out.print(f"{len(before)} -> {len(after)} chunks, {len(before.keys() & after.keys())} in both")


if __name__ == "__main__":
    sys.exit(main())
