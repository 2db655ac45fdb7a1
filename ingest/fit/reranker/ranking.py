"""How well a trained model ranks the questions kept from it, beside the fused order it reorders."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingest.fit.reranker.exported import Exported
from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.sets import QuestionSet
from ingest.fitted import Blend, FusionWeights
from ingest.index.nearness import relative
from ingest.index.snapshot import Snapshot
from ingest.progress import Report

LIMIT = 150  # questions of a set at most: more take minutes and change the third digit

Column = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Weights:
    """What the engine's score is made of, without titles and other ways to ask, which only an outline has.

    `spread` is the standard deviation of unrelated cosines.
    """

    fusion: FusionWeights
    blend: Blend
    spread: float

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """Return those that the index's pack was fitted with; the default fusion's blend."""
        fitted = snapshot.pack.fitted
        spread = snapshot.spread
        return cls(fitted.fusion, fitted.blend(fitted.stages[0].fusion), spread)


@dataclass(frozen=True, slots=True)
class Scores:
    """MRR@10 of the weighted fusion, of the model's order, of both scores' sum, and of the longest window first."""

    questions: int
    fused: float
    model: float
    both: float
    longest: float


def evaluate(
    mined: Sequence[tuple[QuestionSet, Sequence[Found]]],
    folder: Path,
    weights: Weights,
    progress: Report,
    limit: int = LIMIT,
) -> dict[str, Scores]:
    """Rank up to `limit` held-back questions of each set with `folder`/model.onnx, by their fused candidates."""
    model = Exported(folder)
    measured = {}
    for questions, found in mined:
        kept = [
            (question, candidates)
            for question, candidates in zip(questions.questions, found, strict=True)
            if question.held_back and question.owner is not None and candidates.rows
        ][:limit]
        gains: list[list[float]] = []
        for question, candidates in kept:
            windows = [questions.windows[row] for row in candidates.rows]
            scores = model.scores(question.read, windows)
            orders = (
                -np.arange(len(windows), dtype=np.float64),
                scores,
                weights.blend.worth(scores) + weights.blend.fused * _fused(candidates, weights),
                np.array([len(window) for window in windows], np.float64),
            )
            right = np.array([questions.owners[row] == question.owner for row in candidates.rows])
            gains.append([_reciprocal(right, order) for order in orders])
            progress(questions.name, len(gains), len(kept))
        if gains:
            measured[questions.name] = Scores(len(gains), *np.mean(gains, axis=0).tolist())
    return measured


def _fused(found: Found, weights: Weights) -> Column:
    """The weighted fusion of a question's candidates (Bruch and others, TOIS 2023)."""
    score: Column = relative(found.bm25, found.cosines, weights.spread) @ (weights.fusion.bm25, weights.fusion.dense)
    return score


def _reciprocal(right: NDArray[np.bool_], scores: Column) -> float:
    """The reciprocal rank of the right passage, 0 beyond the tenth."""
    places = np.flatnonzero(right[np.argsort(-scores, kind="stable")])
    return 1 / (1 + int(places[0])) if places.size and places[0] < 10 else 0.0
