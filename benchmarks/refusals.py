"""Questions on documentation, answered and refused by the general confidence: at its threshold, and at others.

    python -m benchmarks.refusals [NAME ...]

The sets are those of benchmarks/corpora.py whose documents leave some questions unanswered, half of these of the same
field, and documents of a page, all of whose unanswered ones are. The shipped confidence is fitted to the first, too:
what it does on others is left-one-out, as `python -m ingest fit --corpora` prints it (docs/retrieval.md). Nothing is
fitted to those of a page.
"""

import argparse
import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.corpora import served
from benchmarks.corpus.asked import Asked
from benchmarks.corpus.fetch import read
from benchmarks.corpus.sets import small
from ingest.fit.general import area
from ingest.index.snapshot import Snapshot
from service.bootstrap import Service

THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)


@dataclass(frozen=True, slots=True)
class Judged:
    """A question: whether the documents answer it, how sure they seem to, and whether it was refused."""

    inside: bool
    confidence: float
    refused: bool


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.refusals")
    parser.add_argument("names", nargs="*", metavar="NAME", help="sets; all of both kinds when none is named")
    options = parser.parse_args()
    every: list[Judged] = []
    print(f"refused of what is inside, and outside\n\n| set | AUROC | now | {' | '.join(map(str, THRESHOLDS))} |")
    print(f"|---|--:|--:|{'--:|' * len(THRESHOLDS)}")
    for name, one, service in served(options.names or [*read(), *small()]):
        judged = asyncio.run(_judged(service, service.open(), one.questions))
        every += judged
        print(_row(name, judged), flush=True)
    print(_row("all", every))


async def _judged(service: Service, snapshot: Snapshot, questions: Sequence[Asked]) -> list[Judged]:
    parts, found = service.parts(snapshot), []
    for asked in questions:
        hits = await parts.searcher.find(asked.text, decided=True)
        decision = parts.decider.decide(hits.query, hits.candidates)
        inside = bool(asked.documents or asked.evidence)
        found.append(Judged(inside, decision.confidence, decision.verdict == "not_in_documents"))
    return found


def _row(name: str, judged: Sequence[Judged]) -> str:
    sides = [[each for each in judged if each.inside is inside] for inside in (True, False)]
    cells = [", ".join(f"{_share(each.refused for each in side):.2f}" for side in sides)]
    for least in THRESHOLDS:
        cells.append(", ".join(f"{_share(each.confidence < least for each in side):.2f}" for side in sides))
    auroc = area(np.array([each.confidence for each in judged]), np.array([each.inside for each in judged]))
    return f"| {name} | {auroc:.3f} | {' | '.join(cells)} |"


def _share(held: Iterable[bool]) -> float:
    marks = list(held)
    return sum(marks) / max(1, len(marks))


if __name__ == "__main__":
    main()
