"""What one changed file costs, and a build that was killed: `python -m benchmarks.change [FILES] [--hashed]`.

CPU of a build of all, of one where nothing has changed, of one after a change, and of one that goes on where another
was killed when half of the first one's CPU was spent. The corpus is the scale benchmark's, a few passages a file; a
tenth of the files are web pages, which are parsed in a process of their own. The model is the default one, for
embedding is what a build is spent on, or with `--hashed` none: then all else shows. What is measured is the build
itself, the same that `python -m ingest build` and the service's jobs run; loading the model is not in it.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import psutil

from benchmarks.scale import HashedPairs, recombine
from ingest import bootstrap
from ingest.build import Outcome, build_index
from ingest.clean import CleanSteps
from ingest.index.versions import Versions
from ingest.models.embedder import Embedder
from ingest.settings import IngestSettings

FOLDER = Path("var/change")
EACH = 4  # passages of a file, about
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.change")
    parser.add_argument("files", nargs="?", type=int, default=1000)
    parser.add_argument("--hashed", action="store_true", help="hashed vectors instead of a model's")
    parser.add_argument("--each", type=int, default=EACH, help="passages of a file, about")
    options = parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    _write(options.files, options.each)
    embedder = _embedder(options.hashed)
    whole, seconds = _built(embedder, "index")
    chunks = whole.manifest.counts["chunks"]
    print(f"{options.files} files, {chunks} passages: {seconds:.1f} s of CPU", flush=True)
    spent: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        spent.setdefault("nothing changed", []).append(_built(embedder, "index")[1])
        changed = sorted((FOLDER / "documents").glob("*.md"))[number * 7]
        changed.write_text(
            f"{changed.read_text('utf-8')}\n\n## Change {number}\n\nA line that was not there.\n", "utf-8"
        )
        outcome, each = _built(embedder, "index")
        spent.setdefault("one file changed", []).append(each)
        print(f"one changed: {outcome.manifest.counts['chunks'] - outcome.reused} passages embedded", flush=True)
    _kill(options.hashed, seconds / 2)
    spent["begun again after a kill at half"] = [_built(embedder, "again")[1]]
    for name, figures in spent.items():
        print(f"{name}: {median(figures):.2f} s of CPU, {median(figures) / seconds:.4f} of a full build")


def _write(count: int, each: int) -> None:
    pages = FOLDER / "pages"
    recombine(count * each * 3, pages, each)
    files = sorted(pages.glob("*.md"))[:count]
    documents = FOLDER / "documents"
    documents.mkdir()
    for number, path in enumerate(files):
        text = path.read_text("utf-8").translate({ord("★"): None, ord("☆"): None})
        if number % 10:
            (documents / path.name).write_text(text, "utf-8")
        else:
            body = "".join(f"<p>{part}</p>\n" for part in text.replace("<", "&lt;").split("\n\n"))
            (documents / f"{path.stem}.html").write_text(f"<html><body><main>{body}</main></body></html>", "utf-8")


def _embedder(hashed: bool) -> Embedder:
    embedder: Embedder = HashedPairs() if hashed else bootstrap.embedder(IngestSettings())
    embedder.embed_passages(["warm up"])
    return embedder


def _built(embedder: Embedder, index: str) -> tuple[Outcome, float]:
    settings = IngestSettings()
    began = _cpu()
    outcome = build_index(
        [FOLDER / "documents"],
        Versions(FOLDER / index),
        embedder,
        bootstrap.chunker(settings.chunker, embedder),
        CleanSteps(),
        bootstrap.packs(settings),
        made=FOLDER / f"{index}-made",
    )
    return outcome, _cpu() - began


def _kill(hashed: bool, seconds: float) -> None:
    """Build in a process of its own and kill it when it has spent so much."""
    context = get_context("spawn")
    ready, other = context.Pipe()
    process = context.Process(target=_build_apart, args=(hashed, other))
    process.start()
    began = float(ready.recv())
    times = psutil.Process(process.pid).cpu_times
    while sum(times()[:4]) - began < seconds:  # its own, and that of those it has waited for
        time.sleep(0.05)
    process.kill()
    process.join()


def _build_apart(hashed: bool, ready: Connection) -> None:
    embedder = _embedder(hashed)
    ready.send(_cpu())
    _built(embedder, "again")


def _cpu() -> float:
    """Seconds of CPU of this process and of those that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
