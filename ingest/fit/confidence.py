"""Fit whether the documents deal with a question at all."""

from collections.abc import Mapping

import numpy as np

from ingest.fit.logistic import Sample, calibration_error, cross_validated, predicted, refused, regress
from ingest.fit.part import Part
from ingest.fitted import Logistic

C = 0.5
FALSE_REFUSALS = 0.03  # the threshold refuses this share of the questions that the documents deal with
REPORTED = 0.04  # share of false refusals at which refusals are told


def fit_confidence(
    name: str, sample: Sample, present: Logistic | None, caps: Mapping[str, float], anew: bool
) -> Part[Logistic]:
    """Fit a model and its threshold, both cross-validated; the present one is measured on what it was fitted to.

    So new numbers are taken when they refuse as much but for noise, and hold better on what they have not seen.
    """
    p = cross_validated(sample, C, balanced=True)
    threshold = round(float(np.quantile(p[sample.right], FALSE_REFUSALS)), 3)
    after = (refused(p, sample.right, REPORTED), -calibration_error(p, sample.right))
    if present is None:
        return Part(name, "none", _told(after), True, regress(sample, C, True, caps, threshold))
    q = predicted(sample, present)
    before = (refused(q, sample.right, REPORTED), -calibration_error(q, sample.right))
    taken = anew or (after[0] >= before[0] and after[1] >= before[1])
    new = regress(sample, C, True, caps, threshold) if taken else present
    return Part(name, _told(before), _told(after), taken, new)


def _told(figures: tuple[float, float]) -> str:
    return f"{figures[0]:.3f} refused at {REPORTED} false refusals, calibration error {-figures[1]:.3f}"
