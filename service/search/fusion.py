"""Ways to join what several indexes say of an entry into one score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the indexes say of one entry: its best passage's BM25 score and cosine, and the best of its questions'.

    Its questions are its title and, where they are known, other ways to ask for it; `asked_bm25` is of those alone.

    Ranks are among entries, from 1, None where an index did not list it within the depth.
    """

    bm25: float
    cosine: float
    title_cosine: float
    asked_bm25: float
    bm25_rank: int | None
    dense_rank: int | None
    listed: bool  # without an answer


class Fusion(Protocol):
    """Score entries from their evidence; `spread` is the standard deviation of unrelated cosines."""

    def score(self, evidence: Mapping[int, Evidence], spread: float) -> dict[int, float]: ...


class ReciprocalRank:
    """Sum of 1 / (k + rank) over BM25 and dense ranks (Cormack, Clarke, Büttcher, SIGIR 2009; k = 60)."""

    def __init__(self, k: int = 60) -> None:
        self._k = k

    def score(self, evidence: Mapping[int, Evidence], spread: float) -> dict[int, float]:
        def gain(ranks: Sequence[int | None]) -> float:
            return sum(1 / (self._k + rank) for rank in ranks if rank is not None)

        return {key: gain((e.bm25_rank, e.dense_rank)) for key, e in evidence.items()}


class Weighted:
    """Weighted sum of normalised scores (Bruch, Gai, Ingber, TOIS 2023: it keeps the margins ranks throw away).

    BM25 is divided by the best entry's; a cosine counts as its distance from the best one, in spreads. An entry
    without an answer is a question itself and so resembles questions more than answers do: `listed` evens that.
    The weights were fitted by listwise logistic regression on eval/golden/develop.jsonl (benchmarks/weights.py).
    """

    def __init__(self, bm25: float, dense: float, title: float, asked: float, listed: float) -> None:
        self._bm25, self._dense, self._title = bm25, dense, title
        self._asked, self._listed = asked, listed

    def score(self, evidence: Mapping[int, Evidence], spread: float) -> dict[int, float]:
        if not evidence:
            return {}
        most = max(e.bm25 for e in evidence.values()) or 1.0
        nearest = max(e.cosine for e in evidence.values())
        title = max(e.title_cosine for e in evidence.values())
        asked = max(e.asked_bm25 for e in evidence.values()) or 1.0
        return {
            key: self._bm25 * e.bm25 / most
            + self._dense * (e.cosine - nearest) / spread
            + self._title * (e.title_cosine - title) / spread
            + self._asked * e.asked_bm25 / asked
            + self._listed * e.listed
            for key, e in evidence.items()
        }
