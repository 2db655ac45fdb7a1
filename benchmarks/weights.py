"""Fit the weights of the weighted fusion by listwise logistic regression on the labelled development questions.

`python -m benchmarks.weights` prints weights for service/settings.py, hit@1 and hit@5 by five-fold cross-validation,
and the same for reciprocal rank fusion. The held-out golden set is never read.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.questions import labelled
from service.bootstrap import Service
from service.search.fusion import Evidence, ReciprocalRank
from service.search.retrieve import Retriever
from service.settings import ServiceSettings

FILES = ("develop.jsonl", "refusals.jsonl")
NAMES = ("bm25", "dense", "title", "asked", "listed")
L2 = 0.01
FOLDS = 5

Matrix = NDArray[np.float64]
Labels = NDArray[np.bool_]


class Recorder:
    """A fusion that keeps the evidence it was given."""

    def score(self, evidence: Mapping[int, Evidence], spread: float) -> dict[int, float]:
        self.evidence, self.spread = dict(evidence), spread
        return dict.fromkeys(evidence, 0.0)


def main() -> None:
    service = Service(ServiceSettings())
    snapshot = service.open()
    recorder = Recorder()
    retriever = Retriever(snapshot, recorder, expansion=service.settings.retrieval.expansion)
    numbers = {group.key[1]: number for number, group in enumerate(snapshot.groups)}
    cases: list[tuple[Matrix, Labels]] = []
    reciprocal: list[tuple[NDArray[np.float64], Labels]] = []
    for question in labelled(snapshot.pack.words, *FILES):
        if not question.entries:
            continue
        retriever.retrieve(service.queries([question.text], snapshot.pack.words)[0], 10)
        gold = {numbers[entry] for entry in question.entries}
        labels = np.array([group in gold for group in recorder.evidence])
        if not labels.any():  # found by no index: counts as a miss, teaches nothing
            reciprocal.append((np.zeros(1), np.zeros(1, np.bool_)))
            continue
        cases.append((_matrix(list(recorder.evidence.values()), recorder.spread), labels))
        fused = ReciprocalRank().score(recorder.evidence, recorder.spread)
        reciprocal.append((np.array(list(fused.values())), labels))
    print(f"{len(reciprocal)} questions")
    print("weights:", dict(zip(NAMES, fit(cases).round(2).tolist(), strict=True)))
    print(
        "weighted fusion, cross-validated: hit@1 {:.3f}, hit@5 {:.3f}".format(
            *hits(cross_validated(cases), len(reciprocal))
        )
    )
    print("reciprocal rank fusion: hit@1 {:.3f}, hit@5 {:.3f}".format(*hits(reciprocal, len(reciprocal))))


def _matrix(evidence: Sequence[Evidence], spread: float) -> Matrix:
    """Return (entries, len(NAMES)): what fusion.Weighted multiplies its weights with."""
    bm25, cosine, title, asked, listed = (
        np.array([getattr(e, name) for e in evidence], np.float64)
        for name in ("bm25", "cosine", "title_cosine", "asked_bm25", "listed")
    )
    columns = (bm25 / (bm25.max() or 1), (cosine - cosine.max()) / spread, (title - title.max()) / spread)
    return np.stack([*columns, asked / (asked.max() or 1), listed], axis=1)


def fit(cases: Sequence[tuple[Matrix, Labels]]) -> NDArray[np.float64]:
    """Minimise the mean of -log(softmax mass on the right entries) + L2 |w|^2.

    A case without a right entry teaches nothing and is left out.
    """
    cases = [case for case in cases if case[1].any()]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, gradient = 0.0, np.zeros_like(weights)
        for x, y in cases:
            scores = x @ weights
            p = np.exp(scores - scores.max())
            p /= p.sum()
            right = p * y / (p @ y)
            total -= float(np.log(p @ y))
            gradient -= (right - p) @ x
        return total / len(cases) + L2 * float(weights @ weights), gradient / len(cases) + 2 * L2 * weights

    return np.asarray(minimize(loss, np.zeros(cases[0][0].shape[1]), jac=True, method="L-BFGS-B").x)


def cross_validated(cases: Sequence[tuple[Matrix, Labels]]) -> list[tuple[NDArray[np.float64], Labels]]:
    """Score each case with weights fitted on the other folds."""
    scored: list[tuple[NDArray[np.float64], Labels]] = []
    for fold in range(FOLDS):
        weights = fit([case for i, case in enumerate(cases) if i % FOLDS != fold])
        scored += [(x @ weights, y) for i, (x, y) in enumerate(cases) if i % FOLDS == fold]
    return scored


def hits(ranked: Sequence[tuple[NDArray[np.float64], Labels]], questions: int) -> tuple[float, float]:
    """Return hit@1 and hit@5."""
    ranks = [int(np.argmax(y[np.argsort(-s, kind="stable")])) if y.any() else questions for s, y in ranked]
    return sum(r < 1 for r in ranks) / questions, sum(r < 5 for r in ranks) / questions


if __name__ == "__main__":
    main()
