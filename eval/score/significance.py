"""How sure a mean or a difference is: intervals, p-values, and their correction when there are many."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

LEVEL = 0.95
EXACT = 12  # differences, up to which every one of the 2**n signs is tried
SAMPLES = 20_000


def bootstrap(values: Sequence[float], level: float = 0.95, samples: int = 2000, seed: int = 7) -> tuple[float, float]:
    """Return the percentile interval of the mean over resampled questions (Efron 1979, "Bootstrap methods").

    The differences of two systems on the same questions give a paired interval. Raises ValueError when empty.
    """
    if not values:
        raise ValueError("an interval needs at least one value")
    numbers = np.asarray(values, np.float64)
    rows = np.random.default_rng(seed).integers(0, len(numbers), (samples, len(numbers)))
    low, high = np.quantile(numbers[rows].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def sign_flip(gains: Sequence[float], samples: int = SAMPLES, seed: int = 7) -> float:
    """Return the two-sided p-value of a paired randomisation test: how often random signs give a sum as great.

    Smucker, Allan & Carterette 2007, "A comparison of statistical significance tests for information retrieval
    evaluation". Exact up to EXACT gains that are not 0, which add nothing to a sum; else (1 + hits) / (1 + samples),
    as no sample may give 0 (Phipson & Smyth 2010).
    """
    numbers = np.asarray([gain for gain in gains if gain], np.float64)
    if not len(numbers):
        return 1.0
    exact = len(numbers) <= EXACT
    if exact:
        signs = np.array(list(product((-1, 1), repeat=len(numbers))), np.int8)
    else:
        signs = np.random.default_rng(seed).integers(0, 2, (samples, len(numbers)), np.int8) * 2 - 1
    hits = int((np.abs(signs @ numbers) >= abs(numbers.sum()) - 1e-9).sum())
    return hits / len(signs) if exact else (1 + hits) / (1 + len(signs))


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Return p-values adjusted for their number, step-down (Holm 1979): one below 0.05 is significant among all."""
    adjusted, greatest = dict[str, float](), 0.0
    for rank, name in enumerate(sorted(p, key=p.__getitem__)):
        greatest = max(greatest, min(1.0, (len(p) - rank) * p[name]))
        adjusted[name] = greatest
    return {name: adjusted[name] for name in p}
