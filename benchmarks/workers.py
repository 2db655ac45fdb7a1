"""How much sooner a build is done by two workers than by one, started by Ray on this machine, and alone.

    python -m benchmarks.workers [PATH ...] [--json FILE]

Indexes the files and folders, default `docs`, from nothing into a folder that is removed, with the embedder and chunker
of the settings, in turn: by this process alone, by one worker, by two. All three must give the same version. Seconds
are of the whole build, the start of Ray and the loading of models included; rates are of a stage.
"""

import argparse
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from benchmarks.figures import write
from ingest import bootstrap
from ingest.indexing import index_documents
from ingest.settings import BuildSettings, IngestSettings, UploadSettings

COUNTS = (0, 1, 2)  # 0: this process alone


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workers")
    parser.add_argument("path", nargs="*", type=Path, default=[Path("docs")])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    settings = IngestSettings(uploads=UploadSettings(path=None)).with_corpus(options.path)
    figures: dict[str, float] = {}
    versions = set()
    for count in COUNTS:
        with TemporaryDirectory() as folder:
            version, own = built(settings.model_copy(update={"index": Path(folder) / "index"}), count)
        versions.add(version)
        figures |= {f"{name}, {count or 'alone'}": value for name, value in own.items()}
    figures["two workers against one"] = figures["seconds, 1"] / figures["seconds, 2"]
    figures["two workers against one process alone"] = figures["seconds, alone"] / figures["seconds, 2"]
    figures["versions"] = len(versions)
    for name, value in figures.items():
        print(f"{name}: {value:.4g}")
    if options.json:
        write(options.json, figures)
    if len(versions) > 1:
        raise SystemExit(f"they differ: {', '.join(sorted(versions))}")


def built(settings: IngestSettings, count: int) -> tuple[str, dict[str, float]]:
    """Build from nothing; return the version, and seconds and rates."""
    began = monotonic()
    own = settings.model_copy(update={"build": BuildSettings(workers=count or 1)})
    with bootstrap.ray_workers(own) if count else nullcontext() as workers:
        made = index_documents(settings, bootstrap.embedder(settings), lambda *_: None, workers=workers)
    figures = {"seconds": monotonic() - began, "passages": float(made.manifest.counts["chunks"])}
    for stage, (several, seconds) in (workers.speeds if workers else {}).items():
        figures |= {f"{stage}": float(several), f"{stage} a second": several / seconds}
    return made.manifest.version, figures


if __name__ == "__main__":
    main()
