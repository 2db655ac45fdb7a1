"""What the indexes say of passages, made comparable: BM25 beside the best, cosines in the corpus's own unit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TITLES, PASSAGES = 500, 2000  # that are compared: more change the third digit

Vectors = NDArray[np.float32]


def relative(
    bm25: Sequence[float] | NDArray[np.float64], cosines: Sequence[float] | NDArray[np.floating[Any]], spread: float
) -> NDArray[np.float64]:
    """Return (n, 2): each BM25 score by the best one, and each cosine below the nearest one, in spreads.

    Both are at most 1 and 0, whatever the corpus's size and the model.
    """
    words = np.array(bm25, np.float64)
    return np.stack([words / (words.max(initial=0.0) or 1.0), below(cosines, spread)], axis=1)


def below(cosines: Sequence[float] | NDArray[np.floating[Any]], spread: float) -> NDArray[np.float64]:
    """Return (n,): each cosine below the nearest one, in spreads."""
    near: NDArray[np.float64] = np.array(cosines, np.float64)
    return np.asarray((near - near.max(initial=-np.inf)) / spread)


def spread_of(titles: Vectors, passages: Vectors) -> float:
    """Return how far a model's cosines of unrelated texts scatter: the unit in which nearness is measured."""
    spread = float((titles[:TITLES] @ passages[:PASSAGES].T).std())
    return spread or 1.0
