"""Intervals and p-values against hand counts and scipy."""

import math
import random

import numpy as np
import pytest
import scipy.stats

from eval.score.significance import bootstrap, holm, sign_flip


def test_bootstrap_is_near_the_normal_interval_and_repeatable() -> None:
    values = [1.0] * 80 + [0.0] * 20
    low, high = bootstrap(values)
    error = 1.96 * math.sqrt(0.8 * 0.2 / 100)
    assert (low, high) == pytest.approx((0.8 - error, 0.8 + error), abs=0.015)
    assert bootstrap(values) == (low, high)
    assert bootstrap([0.5, 0.5]) == (0.5, 0.5)
    with pytest.raises(ValueError, match="at least one"):
        bootstrap([])


def test_a_sign_flip_test_counts_the_signs_that_reach_the_sum() -> None:
    assert sign_flip([1, 1, 1]) == 2 / 8  # +++ and ---
    assert sign_flip([-1, -1, -1, -1, 0]) == 2 / 16  # zeros add nothing
    assert sign_flip([1, 1, -1]) == 1.0  # every sum is 1 or 3 away from 0
    assert sign_flip([2, 1]) == 2 / 4
    assert sign_flip([0.0, 0.0]) == 1.0
    assert sign_flip([]) == 1.0


@pytest.mark.parametrize(("n", "tolerance"), [(10, 1e-12), (60, 0.01)])
def test_it_equals_the_permutation_test_of_scipy(n: int, tolerance: float) -> None:
    draw = random.Random(n)
    gains = [draw.gauss(0.15, 0.5) for _ in range(n)]
    theirs = scipy.stats.permutation_test(
        (gains,), np.sum, permutation_type="samples", vectorized=False, n_resamples=20_000, rng=3
    )
    assert sign_flip(gains) == pytest.approx(theirs.pvalue, abs=tolerance)


def test_many_gains_never_have_a_probability_of_nothing() -> None:
    assert sign_flip([1.0] * 276) == 1 / 20_001


def test_holm_steps_down() -> None:
    # 0.01 * 3; 0.03 * 2; 0.04 * 1 is less than the one before, so it takes its place.
    assert holm({"a": 0.04, "b": 0.01, "c": 0.03}) == pytest.approx({"a": 0.06, "b": 0.03, "c": 0.06})
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}
