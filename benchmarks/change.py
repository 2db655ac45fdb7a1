"""What one changed file costs: `python -m benchmarks.change [FILES]`, CPU of a build of all and of one after a change.

The corpus is the scale benchmark's, a few passages a file; the model is the default one, for embedding is what a build
is spent on. A tenth of the files are web pages, which are parsed in a process of their own. What is measured is the
build itself, the same that `python -m ingest build` and the service's jobs run; loading the model is not in it.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import time
from pathlib import Path
from statistics import median

from benchmarks.scale import recombine
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
    count = parser.parse_args().files
    shutil.rmtree(FOLDER, ignore_errors=True)
    _write(count)
    embedder = bootstrap.embedder(IngestSettings())
    embedder.embed_passages(["warm up"])
    whole, seconds = _built(embedder)
    chunks = whole.manifest.counts["chunks"]
    print(f"{count} files, {chunks} passages: {seconds:.1f} s of CPU", flush=True)
    spent: list[float] = []
    for number in range(ROUNDS):
        changed = sorted((FOLDER / "documents").glob("*.md"))[number * 7]
        changed.write_text(
            f"{changed.read_text('utf-8')}\n\n## Change {number}\n\nA line that was not there.\n", "utf-8"
        )
        outcome, each = _built(embedder)
        spent.append(each)
        anew = outcome.manifest.counts["chunks"] - outcome.reused
        print(f"one changed: {each:.2f} s of CPU, {anew} passages embedded", flush=True)
    print(f"one changed file costs {median(spent) / seconds:.4f} of a full build")


def _write(count: int) -> None:
    pages = FOLDER / "pages"
    recombine(count * EACH * 3, pages, EACH)
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


def _built(embedder: Embedder) -> tuple[Outcome, float]:
    settings = IngestSettings()
    began = _cpu()
    outcome = build_index(
        [FOLDER / "documents"],
        Versions(FOLDER / "index"),
        embedder,
        bootstrap.chunker(settings.chunker, embedder),
        CleanSteps(),
        bootstrap.packs(settings),
        made=FOLDER / "made",
    )
    return outcome, _cpu() - began


def _cpu() -> float:
    """Seconds of CPU of this process and of those that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
