"""What the settings name, from wherever it is -> the index that is current."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from ingest import bootstrap
from ingest.build import Outcome, build_index
from ingest.clean import CleanSteps
from ingest.index.versions import Versions
from ingest.models.embedder import Embedder
from ingest.progress import Report
from ingest.settings import IngestSettings
from ingest.sources import fetched
from ingest.sources.addresses import sources_of
from ingest.sources.source import Remote
from ingest.workers.workers import Workers

FETCHED, MADE, UPLOADED = "fetched", "made", "uploads"


def index_documents(
    settings: IngestSettings,
    embedder: Embedder,
    progress: Report,
    *,
    force: bool = False,
    again: bool = True,
    uploads: Path | None = None,
    versions: Versions | None = None,
    workers: Workers | None = None,
) -> Outcome:
    """Build what the settings name unless it is current already.

    Sources elsewhere are fetched `again`, or as they were had last; `uploads` stands for the folder of uploaded
    documents, `versions` for where the result goes; `workers` help. Raises what `build_index` does, FetchError, and
    ValueError for a source that is wrongly named.
    """
    sources = sources_of(settings.corpus)
    make = partial(fetched.source_of, settings=settings.sources)
    root = settings.index / FETCHED
    tell = partial(progress, "fetch")
    had = {
        number: fetched.files_of(source, root, again, make, tell)
        for number, source in enumerate(sources)
        if isinstance(source, Remote)
    }
    paths = [had[number].folder if isinstance(source, Remote) else source for number, source in enumerate(sources)]
    own = uploads or (settings.uploads.path and settings.uploads.path / UPLOADED)
    if own and own.is_dir():
        paths.append(own)
    steps = settings.clean
    outcome = build_index(
        paths,
        versions or bootstrap.index(settings),
        embedder,
        bootstrap.chunker(settings.chunker, embedder),
        CleanSteps(
            mojibake=steps.mojibake,
            whitespace=steps.whitespace,
            secrets=steps.secrets,
            comments=steps.comments,
            duplicates=steps.duplicates,
        ),
        bootstrap.packs(settings),
        near_threshold=steps.near_threshold if steps.near_duplicates else None,
        max_bytes=settings.max_file_mb << 20,
        limits=bootstrap.limits(settings.reading),
        force=force,
        progress=progress,
        beside=[skip for each in had.values() for skip in each.skipped],
        made=settings.index / MADE,
        originals=settings.reading.originals,
        workers=workers,
    )
    if root.is_dir():
        fetched.tidy(root, [each.folder for each in had.values()])
    stale = tuple(each.stale for each in had.values() if each.stale)
    return replace(outcome, warnings=(*stale, *outcome.warnings))
