import math

import numpy as np
import pytest
from scipy.optimize import minimize

from ingest.fit.logistic import QUESTION_SCALE, Sample, calibration_error, cross_validated, predicted, refused, regress
from ingest.fitted import Logistic


def sample(n: int = 60, d: int = 0) -> Sample:
    rng = np.random.default_rng(3)
    rows = [{"a": float(a), "b": float(b)} for a, b in rng.normal((100.0, -3.0), (20.0, 0.1), (n, 2))]
    right = [
        row["a"] + 50 * row["b"] + 5 * float(noise) > -50 for row, noise in zip(rows, rng.normal(size=n), strict=True)
    ]
    vectors = rng.normal(size=(n, d)).astype(np.float32)
    return Sample.of(rows, right, {}, list(vectors) if d else ())


def test_the_folded_weights_are_those_of_an_independent_fit() -> None:
    """The same penalised likelihood, minimised without scikit-learn over standardised features, then unfolded."""
    s, c = sample(), 0.5
    mean, deviation = s.features.mean(axis=0), s.features.std(axis=0)
    z, y = (s.features - mean) / deviation, np.where(s.right, 1.0, -1.0)

    def loss(w: np.ndarray) -> float:
        return float(c * np.logaddexp(0, -y * (z @ w[:2] + w[2])).sum() + 0.5 * (w[:2] @ w[:2]))

    w = minimize(loss, np.zeros(3), method="BFGS").x
    fitted = regress(s, c, False, {}, 0.5)
    assert [fitted.weights[name] for name in s.names] == pytest.approx((w[:2] / deviation).tolist(), rel=1e-3, abs=1e-4)
    assert predicted(s, fitted) == pytest.approx(1 / (1 + np.exp(-(z @ w[:2] + w[2]))), abs=0.02)


def test_a_weight_has_the_sign_that_is_known_and_the_others_make_up_for_it() -> None:
    s, c = sample(), 0.5
    free = regress(s, c, True, {}, 0.5)
    assert min(free.weights.values()) > 0
    same = regress(s, c, True, {}, 0.5, {"a": 1, "b": 1})
    assert list(same.weights.values()) == pytest.approx(list(free.weights.values()), rel=0.01)
    against = regress(s, c, True, {}, 0.5, {"a": -1})
    assert against.weights["a"] == 0
    assert against.weights["b"] > 0
    p = predicted(s, against)
    assert p[s.right].mean() > p[~s.right].mean()


def test_vectors_are_weighed_in_their_own_scale() -> None:
    s = sample(d=4)
    fitted = regress(s, 0.5, True, {}, 0.5)
    first = fitted.bias + sum(fitted.weights[n] * x for n, x in zip(s.names, s.features[0], strict=True))
    first += QUESTION_SCALE * float(np.array(fitted.direction) @ s.vectors[0])
    assert predicted(s, fitted)[0] == pytest.approx(1 / (1 + math.exp(-first)))
    assert len(fitted.direction) == 4


def test_a_feature_counts_up_to_its_cap() -> None:
    s = Sample.of([{"a": 9.0}, {"a": 1.0}], [True, False], {"a": 3.0})
    assert s.features.tolist() == [[3.0], [1.0]]
    model = Logistic(bias=-2.0, weights={"a": 1.0}, caps={"a": 3.0})
    assert predicted(s, model) == pytest.approx([1 / (1 + math.exp(-1)), 1 / (1 + math.exp(1))])


def test_a_feature_that_never_changes_weighs_nothing() -> None:
    s = Sample.of([{"a": 1.0, "b": float(n)} for n in range(20)], [n > 9 for n in range(20)], {})
    assert regress(s, 1.0, False, {}, 0.5).weights["a"] == 0.0


def test_calibration_error_by_hand() -> None:
    """Two bins of two: 0.1 and 0.15 said with none right, 0.9 and 0.95 with one of two right."""
    p, right = np.array([0.11, 0.15, 0.91, 0.95]), np.array([False, False, True, False])
    assert calibration_error(p, right) == pytest.approx(0.5 * 0.13 + 0.5 * abs(0.93 - 0.5))
    assert calibration_error(np.array([1.0, 0.0]), np.array([True, False])) == 0.0


def test_refused_at_a_share_of_false_refusals() -> None:
    p = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.1, 0.4, 0.55, 0.95])
    right = np.array([True] * 5 + [False] * 4)
    assert refused(p, right, 0.25) == 0.75  # the threshold is 0.6
    assert refused(p, right, 0.0) == 0.5


def test_cross_validation_does_not_know_what_it_is_asked() -> None:
    """Random labels cannot be learnt: what is right is told no better than by chance."""
    rng = np.random.default_rng(1)
    rows = [{"a": float(a)} for a in rng.normal(size=400)]
    s = Sample.of(rows, [bool(x) for x in rng.integers(0, 2, 400)], {}, list(rng.normal(size=(400, 30))))
    p = cross_validated(s, 0.5, True)
    assert abs(float(p[s.right].mean() - p[~s.right].mean())) < 0.15
