"""Whether two runs differ on the same questions, and how sure that is: pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import mean

import numpy as np

from eval.score.metrics import bootstrap
from eval.score.row import METRICS, Row, values

LEVEL = 0.95
EXACT = 12  # differences, up to which every one of the 2**n signs is tried
SAMPLES = 20_000


class CompareError(Exception):
    """Two runs that have no question in common, or no rows; the text names them."""


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose figure differs."""

    id: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric over the `n` questions that both runs have it for.

    `low` and `high` bound the difference of the means, after - before; `changed` are the questions that differ,
    those that changed for the worse first, the greatest change first.
    """

    metric: str
    n: int
    before: float
    after: float
    low: float
    high: float
    changed: tuple[Change, ...]

    @property
    def mean(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Moved:
    """A question that changed: the sum of its gains over the hard metrics, and what each of these was."""

    id: str
    gain: float
    changes: dict[str, Change]


@dataclass(frozen=True, slots=True)
class Tested:
    """A difference with the probability of one as great if the runs were alike, alone and among all metrics."""

    difference: Difference
    p: float
    holm: float
    significant: bool


def measured(rows: Sequence[Row], metric: str) -> dict[str, float]:
    """Return a figure by question id, of the rows that have it; every row has "replied", 0 when nothing came."""
    if metric != "replied":
        return values(rows, metric)
    return {row.question.id: float(row.status != "failed" and metric not in row.failures) for row in rows}


def difference(metric: str, before: Sequence[Row], after: Sequence[Row], level: float = LEVEL) -> Difference | None:
    """Compare a metric on the questions that both have, by a paired bootstrap; None where there are none."""
    old, new = measured(before, metric), measured(after, metric)
    common = [name for name in old if name in new]
    if not common:
        return None
    gains = [new[name] - old[name] for name in common]
    # Equal gains have an interval of no width: nights that are alike need no resampling.
    low, high = (gains[0], gains[0]) if len(set(gains)) == 1 else bootstrap(gains, level)
    sign = 1 if METRICS[metric].higher else -1
    ranked = sorted((sign * gain, name) for gain, name in zip(gains, common, strict=True) if gain)
    worse = [name for gain, name in ranked if gain < 0]
    better = [name for gain, name in sorted(ranked, key=lambda each: (-each[0], each[1])) if gain > 0]
    changed = tuple(Change(name, old[name], new[name]) for name in worse + better)
    old_mean, new_mean = mean(old[name] for name in common), mean(new[name] for name in common)
    return Difference(metric, len(common), old_mean, new_mean, low, high, changed)


def differences(before: Sequence[Row], after: Sequence[Row], level: float = LEVEL) -> list[Difference]:
    """Compare every metric that both runs have a question for, in the order of METRICS."""
    found = (difference(metric, before, after, level) for metric in METRICS)
    return [each for each in found if each]


def by_kind(metric: str, before: Sequence[Row], after: Sequence[Row], level: float = LEVEL) -> dict[str, Difference]:
    """Compare a metric within each kind of question, those in which both have it, by name."""
    kinds = {row.question.id: row.question.kind for row in before}
    found = {}
    for kind in sorted(set(kinds.values())):
        one = [[row for row in rows if kinds.get(row.question.id) == kind] for rows in (before, after)]
        if each := difference(metric, one[0], one[1], level):
            found[kind] = each
    return found


def moved(found: Sequence[Difference]) -> list[Moved]:
    """Return the questions that changed in a hard metric, the greatest change first, a loss before a like gain."""
    changes: dict[str, dict[str, Change]] = {}
    for each in found:
        if METRICS[each.metric].hard:
            for change in each.changed:
                changes.setdefault(change.id, {})[each.metric] = change
    gains = {name: sum(c.after - c.before for c in own.values()) for name, own in changes.items()}
    order = sorted(changes, key=lambda name: (-round(abs(gains[name]), 9), gains[name], name))
    return [Moved(name, gains[name], changes[name]) for name in order]


def compare(before: Sequence[Row], after: Sequence[Row], level: float = LEVEL) -> list[Tested]:
    """Test every metric that both runs have; raises CompareError when they have no question in common."""
    found = differences(before, after, level)
    if not found:
        raise CompareError("the two runs have no question in common that was measured in both")
    p = {each.metric: sign_flip([c.after - c.before for c in each.changed]) for each in found}
    adjusted = holm(p)
    return [Tested(d, p[d.metric], adjusted[d.metric], adjusted[d.metric] <= 1 - level + 1e-12) for d in found]


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
