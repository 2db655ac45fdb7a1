"""Ways to join what several indexes say of an entry into one score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.fitted import RANK_CONSTANT, FusionWeights, Reciprocal
from ingest.index.nearness import below, relative

NAMES = ("bm25", "dense", "title", "asked", "listed", "ranks", "feedback")  # of the weights, as columns


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the indexes say of one entry: its best passage's BM25 score and cosine, and the best of its questions'.

    Its questions are its title and, where they are known, other ways to ask for it; `asked_bm25` is of those alone.

    Ranks are among entries, from 1, None where an index did not list it within the depth. `feedback` is the best
    passage's cosine to the passages that dense search has first, `piece` that of the nearest piece of a passage.
    """

    bm25: float
    cosine: float
    feedback: float
    title_cosine: float
    asked_bm25: float
    bm25_rank: int | None
    dense_rank: int | None
    listed: bool  # without an answer
    piece: float


class Fusion(Protocol):
    """Score entries from their evidence, in nats: exp(a - b) is how much likelier a is the right one than b.

    `name` says which fusion with which weights; what was fitted to its scores holds for that name alone. `spread` is
    the standard deviation of unrelated cosines.
    """

    @property
    def name(self) -> str: ...

    def score(self, evidence: Mapping[int, Evidence], spread: float) -> dict[int, float]: ...


class ReciprocalRank:
    """Sum of 1 / (k + rank) over BM25 and dense ranks (Cormack, Clarke, Büttcher, SIGIR 2009; k = 60), in nats.

    What such a sum is worth is fitted: one factor, by listwise logistic regression.
    """

    def __init__(self, k: int = 60, factor: float = 1.0) -> None:
        self.name = f"rrf k={k} factor={factor:g}"
        self._k, self._factor = k, factor

    @classmethod
    def of(cls, fitted: Reciprocal) -> "ReciprocalRank":
        return cls(fitted.k, fitted.factor)

    def score(self, evidence: Mapping[int, Evidence], spread: float) -> dict[int, float]:
        return {key: self._factor * gain(self._k, (e.bm25_rank, e.dense_rank)) for key, e in evidence.items()}


def gain(k: int, ranks: Sequence[int | None]) -> float:
    """Return the sum of 1 / (k + rank) over the ranks that there are."""
    return sum(1 / (k + rank) for rank in ranks if rank is not None)


class Weighted:
    """Weighted sum of normalised scores (Bruch, Gai, Ingber, TOIS 2023: it keeps the margins ranks throw away).

    BM25 is divided by the best entry's; a cosine counts as its distance from the best one, in spreads. An entry
    without an answer is a question itself and so resembles questions more than answers do: `listed` evens that.
    `feedback` asks once more with the first passages found (Rocchio, 1971), which lifts what says the same in other
    words. The weights are those of a listwise logistic regression, so the sum is in nats.
    """

    def __init__(self, weights: FusionWeights) -> None:
        self.name = weights.name
        self._weights, self._piece = np.array([getattr(weights, name) for name in NAMES]), weights.piece

    def score(self, evidence: Mapping[int, Evidence], spread: float) -> dict[int, float]:
        if not evidence:
            return {}
        scores = columns(list(evidence.values()), spread) @ self._weights
        # Apart from the columns that a pack is fitted to: an outline has no pieces.
        scores += self._piece * below([e.piece for e in evidence.values()], spread)
        return dict(zip(evidence, scores.tolist(), strict=True))


def columns(evidence: Sequence[Evidence], spread: float) -> NDArray[np.float64]:
    """Return (entries, 7): what `Weighted` multiplies with the weights of NAMES."""
    passages = relative([e.bm25 for e in evidence], [e.cosine for e in evidence], spread)
    questions = relative([e.asked_bm25 for e in evidence], [e.title_cosine for e in evidence], spread)
    again = below([e.feedback for e in evidence], spread)
    other = np.array([[float(e.listed), mean_gain((e.bm25_rank, e.dense_rank))] for e in evidence])
    return np.column_stack([passages, questions[:, ::-1], other, again])


def mean_gain(ranks: Sequence[int | None]) -> float:
    """Return reciprocal rank fusion's sum, 1 for what is first everywhere."""
    return gain(RANK_CONSTANT, ranks) * (RANK_CONSTANT + 1) / len(ranks)
