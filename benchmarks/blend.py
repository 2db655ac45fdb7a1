"""Fit how much the cross-encoder's score counts beside the fused one, by listwise logistic regression.

`python -m benchmarks.blend` prints the two weights for service/settings.py, and hit@1 and hit@5 of the fused order, of
the model's alone and of both (by five-fold cross-validation). The held-out sets are never read.
"""

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.figures import write
from benchmarks.questions import DEVELOP, Labelled, kept, labelled
from benchmarks.weights import Labels, Matrix, cross_validated, fit, hits
from ingest.index.snapshot import Snapshot
from service.bootstrap import Service
from service.search.scorers import ShippedScorer
from service.settings import ServiceSettings, ShippedSettings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blend")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    settings = ServiceSettings()
    assert isinstance(settings.rerank, ShippedSettings)
    service = Service(settings)
    snapshot = service.open()
    scorer = ShippedScorer()
    questions = [q for q in (*labelled(snapshot.pack.words, *DEVELOP), *kept(snapshot)) if q.entries]
    cases = [_case(service, snapshot, scorer, question) for question in questions]
    service.close()
    table = Table("order", "hit@1", "hit@5", title=f"{len(cases)} development questions")
    figures: dict[str, float] = {}
    for name, ranked in (
        ("fused", [(x[:, 1], y) for x, y in cases]),
        ("cross-encoder", [(x[:, 0], y) for x, y in cases]),
        ("both", cross_validated(cases)),
    ):
        shares = hits(ranked, len(cases))
        table.add_row(name, *(f"{share:.3f}" for share in shares))
        figures |= {f"{name}_hit_1": shares[0], f"{name}_hit_5": shares[1]}
    Console().print(table)
    weight, fused = fit(cases)
    print(f"weight {weight / fused:.2f}, fused 1")
    if options.json:
        write(options.json, figures)


def _case(service: Service, snapshot: Snapshot, scorer: ShippedScorer, question: Labelled) -> tuple[Matrix, Labels]:
    """Return what a question's candidates are scored with, (candidates, 2), and which of them are right."""
    (query,) = service.queries([question.text], snapshot.pack.words)
    found = service.retriever(snapshot).retrieve(query, 30)
    scores = scorer.scores([(query.read, candidate.chunk.indexed) for candidate in found])
    labels = np.array([candidate.chunk.entry_id in question.entries for candidate in found])
    return np.stack([scores, [candidate.score for candidate in found]], axis=1), labels


if __name__ == "__main__":
    main()
