"""Fit whether a passage supports a sentence."""

from collections.abc import Mapping, Sequence

from ingest.fit.engine import Claim, Engine
from ingest.fit.logistic import Sample, calibration_error, predicted, regress
from ingest.fit.part import Part
from ingest.fit.sets import claims, held_out
from ingest.fitted import Logistic

C = 1.0

Measured = Sequence[tuple[Claim, Mapping[str, float] | None]]


def fit_support(engine: Engine, present: Logistic, anew: bool) -> Part[Logistic]:
    """Fit on two entries of three, and measure on the third; sentences that a rule decides are not supported."""
    labelled = claims(engine.snapshot)
    if not labelled:
        return Part("support", "no sentences", "no sentences", False, present)
    measured = list(zip(labelled, engine.support(labelled), strict=True))
    seen = [(claim, row) for claim, row in measured if row is not None and not held_out(engine.snapshot, claim)]
    sample = Sample.of([row for _, row in seen], [claim.supported for claim, _ in seen], {})
    unseen = [(claim, row) for claim, row in measured if held_out(engine.snapshot, claim)]
    new = regress(sample, C, False, {}, present.threshold)
    before, after = _accuracy(unseen, present), _accuracy(unseen, new)
    taken = anew or after > before
    return Part("support", _told(unseen, present), _told(unseen, new), taken, new if taken else present)


def _accuracy(unseen: Measured, model: Logistic) -> float:
    return sum(passes(row, model) == claim.supported for claim, row in unseen) / len(unseen)


def passes(row: Mapping[str, float] | None, model: Logistic) -> bool:
    """Whether a sentence with these features has a source; None: a rule says that it has not."""
    return row is not None and bool(predicted(Sample.of([row], [True], {}), model)[0] >= model.threshold)


def _told(unseen: Measured, model: Logistic) -> str:
    decided = [(claim, row) for claim, row in unseen if row is not None]
    sample = Sample.of([row for _, row in decided], [claim.supported for claim, _ in decided], {})
    error = calibration_error(predicted(sample, model), sample.right)
    return f"accuracy {_accuracy(unseen, model):.3f} of {len(unseen)} held out, calibration error {error:.3f}"
