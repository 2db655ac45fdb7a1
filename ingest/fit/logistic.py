"""Logistic regression whose weights apply to features as they are, and how well its probabilities hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.fitted import Logistic

FOLDS = 10
BINS = 10
QUESTION_SCALE = 10.0  # of the question's vector beside standardised features

Matrix = NDArray[np.float64]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sample:
    """Features of questions or sentences, (n, names), their vectors, (n, d) or (n, 0), and what is right, (n,) bool."""

    names: tuple[str, ...]
    features: Matrix
    vectors: Matrix
    right: Labels

    @classmethod
    def of(
        cls,
        features: Sequence[Mapping[str, float]],
        right: Sequence[bool],
        caps: Mapping[str, float],
        vectors: Sequence[NDArray[np.float32]] = (),
    ) -> "Sample":
        """Take features, those with a cap up to it."""
        names = tuple(features[0])
        rows = [[min(row[name], caps.get(name, np.inf)) for name in names] for row in features]
        columns = np.array(vectors, np.float64) if len(vectors) else np.empty((len(rows), 0))
        return cls(names, np.array(rows), columns, np.array(right, np.bool_))


def regress(
    sample: Sample,
    c: float,
    balanced: bool,
    caps: Mapping[str, float],
    threshold: float,
    signs: Mapping[str, int] | None = None,
) -> Logistic:
    """Fit on standardised features, strength of the penalty 1 / c, and fold the standardisation into the weights.

    `balanced` counts both labels alike, however many there are of each. `signs` are those that weights must have, 1 or
    -1, where a feature is known to speak for or against; with them both labels count alike.
    """
    from threadpoolctl import threadpool_limits

    mean, deviation, centre = _moments(sample)
    with threadpool_limits(1):  # matrices this small only wait for each other on several threads
        coefficients, intercept = _bounded(sample, c, signs) if signs else _free(sample, c, balanced)
    weights = coefficients[: len(sample.names)] / deviation
    direction = coefficients[len(sample.names) :]
    bias = float(intercept - weights @ mean - QUESTION_SCALE * (direction @ centre))
    return Logistic(
        bias=round(bias, 4),
        weights=dict(zip(sample.names, weights.round(4).tolist(), strict=True)),
        caps=dict(caps),
        threshold=threshold,
        direction=tuple(direction.round(4).tolist()),
    )


def cross_validated(sample: Sample, c: float, balanced: bool) -> Matrix:
    """Return the probability of each, (n,), from a model fitted on the other folds."""
    from sklearn.model_selection import cross_val_predict
    from threadpoolctl import threadpool_limits

    model, rows = _model(c, balanced), _standardised(sample)
    with threadpool_limits(1):
        p: Matrix = cross_val_predict(model, rows, sample.right, cv=FOLDS, method="predict_proba")
    return p[:, 1]


def predicted(sample: Sample, fitted: Logistic) -> Matrix:
    """Return the probability of each, (n,), from a model that is given."""
    weights = np.array([fitted.weights.get(name, 0.0) for name in sample.names])
    score = fitted.bias + sample.features @ weights
    if fitted.direction:
        score = score + QUESTION_SCALE * (sample.vectors @ np.array(fitted.direction))
    p: Matrix = 1 / (1 + np.exp(-score))
    return p


def calibration_error(p: Matrix, right: Labels) -> float:
    """Return the expected calibration error over ten bins of equal width (Guo and others, ICML 2017)."""
    places = np.minimum((p * BINS).astype(int), BINS - 1)
    error = 0.0
    for place in range(BINS):
        inside = places == place
        if inside.any():
            error += inside.mean() * abs(float(p[inside].mean()) - float(right[inside].mean()))
    return float(error)


def refused(p: Matrix, right: Labels, share: float) -> float:
    """Return how many of the wrong are below the threshold that refuses a share of the right, 0 to 1."""
    return float((p[~right] < np.quantile(p[right], share)).mean())


def _free(sample: Sample, c: float, balanced: bool) -> tuple[Matrix, float]:
    model = _model(c, balanced).fit(_standardised(sample), sample.right)
    return model.coef_[0], float(model.intercept_[0])


def _bounded(sample: Sample, c: float, signs: Mapping[str, int]) -> tuple[Matrix, float]:
    """Minimise the same loss under bounds (L-BFGS-B: Byrd, Lu, Nocedal and Zhu, 1995)."""
    from scipy.optimize import minimize

    rows, right = _standardised(sample), sample.right
    share = np.where(right, 0.5 / right.mean(), 0.5 / (1 - right.mean()))

    def loss(values: Matrix) -> tuple[float, Matrix]:
        score = rows @ values[:-1] + values[-1]
        lost = np.where(right, np.logaddexp(0, -score), np.logaddexp(0, score))
        slope = share * (1 / (1 + np.exp(-score)) - right)
        gradient = np.append(rows.T @ slope + values[:-1] / c, slope.sum())
        return float(share @ lost + values[:-1] @ values[:-1] / (2 * c)), gradient

    sides = [signs.get(name, 0) for name in sample.names] + [0] * (rows.shape[1] - len(sample.names) + 1)
    bounds = [(0 if side > 0 else None, 0 if side < 0 else None) for side in sides]
    found: Matrix = minimize(loss, np.zeros(len(bounds)), jac=True, bounds=bounds, method="L-BFGS-B").x
    return found[:-1], float(found[-1])


def _model(c: float, balanced: bool):  # type: ignore[no-untyped-def]
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, max_iter=5000, class_weight="balanced" if balanced else None)


def _moments(sample: Sample) -> tuple[Matrix, Matrix, Matrix]:
    deviation = sample.features.std(axis=0)
    return sample.features.mean(axis=0), np.where(deviation > 0, deviation, 1.0), sample.vectors.mean(axis=0)


def _standardised(sample: Sample) -> Matrix:
    mean, deviation, centre = _moments(sample)
    return np.hstack([(sample.features - mean) / deviation, QUESTION_SCALE * (sample.vectors - centre)])
