"""`python -m ingest.fit.embedder --data FOLDER`: make the delta of multilingual-e5-small-asked."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from ingest import bootstrap
from ingest.fit.embedder.batches import planned
from ingest.fit.embedder.training import train
from ingest.fit.reranker.mined import known, others
from ingest.index.snapshot import SnapshotError
from ingest.models.delta import DELTA
from ingest.models.offline import ModelUnavailableError, prepare, sha256_of
from ingest.progress import bars
from ingest.settings import IngestSettings

BASE = "multilingual-e5-small"
STEPS, SEED = 170, 7

console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ingest.fit.embedder", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the question sets")
    parser.add_argument("--out", type=Path, default=Path("var/embedder") / DELTA, help="where the delta goes")
    parser.add_argument("--steps", type=int, default=STEPS, help="batches that are learned, at most")
    options = parser.parse_args(arguments)
    if options.steps < 1:
        parser.error("--steps: a whole number from 1")
    settings = IngestSettings()
    try:
        embedder = bootstrap.embedder(settings)
        snapshot = bootstrap.index(settings).open(embedder.fingerprint, packs=bootstrap.packs(settings))
        with bars(console) as report:
            asked, _ = others(options.data, embedder, report)
            steps = planned(known(options.data, snapshot, embedder, report), asked, SEED)[: options.steps]
            base = prepare(BASE, settings.models)
            train(base, steps, options.out, lambda n, of, loss: report(f"training, loss {loss:.3f}", n, of), SEED)
    except (SnapshotError, ModelUnavailableError, OSError, ValueError) as error:
        console.print(f"error: {error}", style="red")
        return 1
    console.print(f"{options.out}: SHA-256 {sha256_of(options.out)}, for ingest/models/models.toml")
    return 0


if __name__ == "__main__":
    sys.exit(main())
