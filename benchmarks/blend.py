"""What the cross-encoder is worth beside the fused order: nDCG@10 gained by weight and reach, on every development set.

    python -m benchmarks.blend [NAME ...]

The sets are those of benchmarks/corpora.py, and so are their indexes. The last line gives each set the weight and reach
that are best on the others: what can be expected where nothing was chosen for.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora import served
from benchmarks.corpus.asked import Asked, relevant, result
from benchmarks.corpus.legs import CANDIDATES
from benchmarks.corpus.sets import names
from eval.score.figures import rank
from ingest.fitted import Blend
from ingest.index.snapshot import Snapshot
from ingest.pack import none
from service.bootstrap import Service
from service.search.rerank import joined
from service.search.retrieve import Candidate

WEIGHTS, REACHES = (0.1, 0.2, 0.3, 0.4, 0.6, 1.0), (2.0, 3.0, 5.0, None)


@dataclass(frozen=True, slots=True)
class Reading:
    """Candidates of a question in fused order, the log odds of the first, and what is right among results."""

    fused: Sequence[Candidate]
    log_odds: Sequence[float]
    asked: Asked
    gold: Sequence[str]

    def ndcg(self, blend: Blend | None) -> float:
        """Return nDCG@10 of a blend's order, of the fused one without."""
        read, unread = self.fused[: len(self.log_odds)], self.fused[len(self.log_odds) :]
        order = joined(read, self.log_odds, unread, blend) if blend else self.fused
        return rank(list(dict.fromkeys(result(self.asked, c.chunk) for c in order)), self.gold).ndcg_10


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blend")
    parser.add_argument("names", nargs="*", metavar="NAME", help="sets; all of them when none is named")
    options = parser.parse_args()
    blends = [Blend(weight=w, fused=1.0, reach=reach) for w, reach in product(WEIGHTS, REACHES)]
    gains: dict[str, NDArray[np.float64]] = {}
    for name, one, service in served(options.names or names()):
        readings = asyncio.run(_readings(service, service.open(), one.answerable))
        fused = np.mean([reading.ndcg(None) for reading in readings])
        gains[name] = np.array([np.mean([r.ndcg(blend) for r in readings]) for blend in blends]) - fused
        print(f"{name}: {len(readings)} questions, fused {fused:.3f}", flush=True)
    if gains:
        print("\n" + "\n".join(_table(gains, blends)))


async def _readings(service: Service, snapshot: Snapshot, questions: Sequence[Asked]) -> list[Reading]:
    searcher, found = service.searcher(snapshot), []
    for asked in questions:
        (query,) = service.queries([asked.text], snapshot.pack.words)
        fused = searcher.retriever.retrieve(query, CANDIDATES)
        reranked, degraded = await searcher.reranker.rerank(query, fused)
        if degraded:
            raise RuntimeError(degraded)
        read = {c.chunk.id: c.rerank_score for c in reranked if c.rerank_score is not None}
        log_odds = [read[c.chunk.id] for c in fused if c.chunk.id in read]
        gold = sorted(relevant(asked, snapshot.chunks, snapshot.documents))
        found.append(Reading(fused, log_odds, asked, gold))
    return found


def _table(gains: Mapping[str, NDArray[np.float64]], blends: Sequence[Blend]) -> list[str]:
    shipped = none().fitted.blend("")
    lines = [f"| weight, reach | {' | '.join(gains)} | average | lowest |", "|---" + "|--:" * (len(gains) + 2) + "|"]
    for place, blend in enumerate(blends):
        name = f"{blend.weight:g}, {blend.reach or 'none'}{' (shipped)' if blend == shipped else ''}"
        lines.append(_row(name, [float(gain[place]) for gain in gains.values()]))
    if len(gains) > 1:
        others = {left: int(np.argmax(np.mean([g for n, g in gains.items() if n != left], axis=0))) for left in gains}
        lines.append(_row("best on the others", [float(gains[left][place]) for left, place in others.items()]))
    return lines


def _row(name: str, cells: Sequence[float]) -> str:
    return f"| {' | '.join([name, *(f'{cell:+.3f}' for cell in (*cells, float(np.mean(cells)), min(cells)))])} |"


if __name__ == "__main__":
    main()
