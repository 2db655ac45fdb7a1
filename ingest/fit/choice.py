"""Which fusion serves a corpus: measured at the build on questions that its documents answer by themselves.

Nothing is fitted, only chosen among a few: a hundred questions are too few for more. The first weights stay unless
others are better by more than chance, and nothing that plain reciprocal rank fusion beats is taken.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.fitted import FEEDBACK, RANK_CONSTANT, FusionWeights
from ingest.index.bm25 import Postings
from ingest.index.nearness import below, relative
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from ingest.words.words import Words

FLOOR = "ranks"
LEAST = 20  # questions, below which nothing can be told
ERRORS = 1.0  # standard errors of the difference by which others must be better
DEPTH, CUT = 60, 10


@dataclass(frozen=True, slots=True)
class Choice:
    """`name` of the weights taken; `figures` are the mean reciprocal ranks of all that were tried."""

    name: str
    weights: Mapping[str, float]
    questions: int
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class View:
    """A corpus without what became questions: (n, d) passages and titles, (q, d) questions and their terms."""

    passages: NDArray[np.float32]
    titles: NDArray[np.float32]
    postings: Postings
    vectors: NDArray[np.float32]
    terms: Sequence[Sequence[str]]
    spread: float
    others: Sequence[Sequence[str]] = ()  # terms of other names for what each question mentions


class Asking(Protocol):
    """A question from a passage, by its row, and what is left of that, None for all."""

    @property
    def text(self) -> str: ...

    @property
    def row(self) -> int: ...

    @property
    def left(self) -> str | None: ...


def view(
    made: Snapshot,
    terms: Sequence[Sequence[str]],
    words: Words,
    asked: Sequence[Asking],
    embedder: Embedder,
    progress: Callable[[int, int], None],
) -> View:
    """Return a corpus without what became questions, which are read with `words` as its `terms` were."""
    passages, left_terms = made.dense.vectors().copy(), list(terms)
    cut = [(question.row, question.left) for question in asked if question.left is not None]
    vectors = embedder.embed_passages([left for _, left in cut], lambda done: progress(done, len(cut)))
    for (row, left), vector in zip(cut, vectors, strict=True):
        passages[row], left_terms[row] = vector, words.terms(left)
    return View(
        passages,
        made.titles.vectors()[made.numbers()],
        Postings.build(left_terms),
        embedder.embed_queries([question.text for question in asked]),
        [words.terms(question.text) for question in asked],
        made.spread,
        [words.expand(question.text) for question in asked],
    )


def choose(questions: Sequence[Asking], view: View, tried: Mapping[str, FusionWeights]) -> Choice:
    """Return the weights that serve; those called `FLOOR` are of ranks alone."""
    general = next(iter(tried))
    if len(questions) < LEAST:
        return Choice(general, tried[general].model_dump(), len(questions), {})
    found = {name: np.zeros(len(questions)) for name in tried}
    for number, question in enumerate(questions):
        columns = evidence(view, number)
        for name, weights in tried.items():
            meaning = weights.dense + weights.piece  # a passage of which a piece asks has no pieces of its own
            scores = columns @ (weights.bm25, meaning, weights.title, weights.ranks, weights.feedback)
            found[name][number] = reciprocal_rank(scores, question.row)
    best = general
    for name in tried:
        if _better(found[name], found[best]):
            best = name
    if found[FLOOR].mean() > found[best].mean():
        best = FLOOR
    figures = {name: round(float(each.mean()), 3) for name, each in found.items()}
    return Choice(best, tried[best].model_dump(), len(questions), figures)


def evidence(view: View, number: int, expansion: float = 0.0) -> NDArray[np.float64]:
    """Return (n, 5): what the weights of words, meaning, titles, ranks and feedback are multiplied with.

    Other names count `expansion` times as much as the question's words.
    """
    bm25 = view.postings.scores(view.terms[number])
    if expansion and view.others:
        bm25 = bm25 + expansion * view.postings.scores(view.others[number])
    cosines = view.passages @ view.vectors[number]
    first = view.passages[np.argsort(-cosines, kind="stable")[:FEEDBACK]].mean(axis=0)
    titles = below(view.titles @ view.vectors[number], view.spread)
    again = below(view.passages @ first, view.spread)
    ranks = (_gains(bm25) + _gains(cosines)) / 2
    return np.column_stack([relative(bm25, cosines, view.spread), titles, ranks, again])


def _gains(scores: NDArray[np.float64] | NDArray[np.float32]) -> NDArray[np.float64]:
    """Return reciprocal ranks, 1 for the first."""
    gains = np.zeros(len(scores))
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    gains[order] = (RANK_CONSTANT + 1) / (RANK_CONSTANT + 1 + np.arange(len(order)))
    return np.where(scores > 0, gains, 0.0)


def reciprocal_rank(scores: NDArray[np.float64], row: int) -> float:
    """Return 1 / rank of a row, 0 beyond the tenth."""
    rank = int((scores >= scores[row]).sum())  # ties count against it
    return 1 / rank if rank <= CUT else 0.0


def _better(new: NDArray[np.float64], old: NDArray[np.float64]) -> bool:
    differences = new - old
    return bool(differences.mean() > ERRORS * differences.std() / np.sqrt(len(differences)) and differences.any())
