"""Measures of one question's results against its gold entries: pure functions."""

import math
from collections.abc import Collection, Sequence


def hit(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Return 1 when one of the first k is gold, else 0; its mean is S@k (Craswell & Hawking 2003, TREC)."""
    return float(any(name in gold for name in ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], gold: Collection[str]) -> float:
    """Return 1 / rank of the first gold one, 0 without any; its mean is MRR (Voorhees 1999, TREC-8 QA)."""
    return next((1 / rank for rank, name in enumerate(ranked, 1) if name in gold), 0.0)


def ndcg(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Return DCG@k / ideal DCG@k, DCG = sum of 1 / log2(1 + rank) over the gold ones (binary gains).

    Järvelin & Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques". `ranked` has no name
    twice; 0 without gold.
    """
    gain = sum(1 / math.log2(1 + rank) for rank, name in enumerate(ranked[:k], 1) if name in gold)
    ideal = sum(1 / math.log2(1 + rank) for rank in range(1, min(k, len(gold)) + 1))
    return gain / ideal if ideal else 0.0


def precision(cited: Collection[str | None], gold: Collection[str]) -> float:
    """Return the share of the cited entries that are gold; `cited` must not be empty."""
    return sum(name in gold for name in cited) / len(cited)


def recall(cited: Collection[str | None], gold: Collection[str]) -> float:
    """Return the share of the gold entries that are cited; `gold` must not be empty."""
    return sum(name in cited for name in gold) / len(gold)
