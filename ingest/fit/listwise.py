"""Listwise logistic regression: weights with which a sum of columns is in nats."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

L2 = 0.01
FOLDS = 5

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """The candidates of a question, (candidates, columns), and which of them are right, (candidates,) bool.

    None are right when it was not found: that teaches nothing, and counts as a miss.
    """

    columns: NDArray[np.float64]
    right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Quality:
    """`loss` is the mean -log of the softmax mass on what is right, in nats, over the questions that have something."""

    hit1: float
    hit5: float
    loss: float

    def __str__(self) -> str:
        return f"hit@1 {self.hit1:.3f}, hit@5 {self.hit5:.3f}, loss {self.loss:.3f} nats"


def weigh(cases: Sequence[Case], l2: float = L2) -> Column:
    """Minimise the mean of -log(softmax mass on the right candidates) + l2 |w|^2 (Cao and others, ICML 2007).

    exp(a - b) of two sums is then how much likelier the one is right than the other.
    """
    from scipy.optimize import minimize

    teaching = [case for case in cases if case.right.any()]

    def loss(weights: Column) -> tuple[float, Column]:
        total, gradient = 0.0, np.zeros_like(weights)
        for case in teaching:
            p = softmax(case.columns @ weights)
            mass = float(p @ case.right)
            total -= float(np.log(mass))
            gradient -= (p * case.right / mass - p) @ case.columns
        n = len(teaching)
        return total / n + l2 * float(weights @ weights), gradient / n + 2 * l2 * weights

    start = np.zeros(teaching[0].columns.shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def softmax(scores: Column) -> Column:
    p = np.exp(scores - scores.max())
    share: Column = p / p.sum()
    return share


def measure(cases: Sequence[Case], scores: Sequence[Column]) -> Quality:
    """Return hit@1, hit@5 and loss of questions under scores of their candidates, ties by place."""
    ranks = [
        int(np.argmax(case.right[np.argsort(-s, kind="stable")])) if case.right.any() else None
        for case, s in zip(cases, scores, strict=True)
    ]
    losses = [-np.log(softmax(s) @ case.right) for case, s in zip(cases, scores, strict=True) if case.right.any()]
    first, fifth = (sum(rank is not None and rank < k for rank in ranks) / len(cases) for k in (1, 5))
    return Quality(first, fifth, float(np.mean(losses)))


def cross_validated(cases: Sequence[Case], fit: Callable[[Sequence[Case]], Column] = weigh) -> Quality:
    """Return the quality of each question under weights that were fitted on the other folds."""
    scores: list[Column] = [np.zeros(0)] * len(cases)
    for fold in range(FOLDS):
        weights = fit([case for i, case in enumerate(cases) if i % FOLDS != fold])
        for i in range(fold, len(cases), FOLDS):
            scores[i] = cases[i].columns @ weights
    return measure(cases, scores)


def weighed(cases: Sequence[Case], weights: Sequence[float]) -> Quality:
    """Return the quality of questions under weights that are given."""
    return measure(cases, [case.columns @ np.array(weights) for case in cases])
