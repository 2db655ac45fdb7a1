"""Whether two runs differ on the same questions, and how sure that is: pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from eval.score.row import METRICS, Row, values
from eval.score.significance import LEVEL, bootstrap, holm, sign_flip


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
class Swing:
    """A question that changed: the sum of its gains over the hard metrics, and what each of these was."""

    id: str
    gain: float
    changes: dict[str, Change]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A difference with the probability of one as great if the runs were alike, alone and among all metrics."""

    difference: Difference
    p: float
    holm: float
    significant: bool


def readings(rows: Sequence[Row], metric: str) -> dict[str, float]:
    """Return a figure by question id, of the rows that have it; every row has "replied", 0 when nothing came."""
    if metric != "replied":
        return values(rows, metric)
    return {row.question.id: float(row.status != "failed" and metric not in row.failures) for row in rows}


def compare_metric(metric: str, before: Sequence[Row], after: Sequence[Row], level: float = LEVEL) -> Difference | None:
    """Compare a metric on the questions that both have, by a paired bootstrap; None where there are none."""
    old, new = readings(before, metric), readings(after, metric)
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


def compare_all(before: Sequence[Row], after: Sequence[Row], level: float = LEVEL) -> list[Difference]:
    """Compare every metric that both runs have a question for, in the order of METRICS."""
    differences = (compare_metric(metric, before, after, level) for metric in METRICS)
    return [each for each in differences if each]


def by_kind(metric: str, before: Sequence[Row], after: Sequence[Row], level: float = LEVEL) -> dict[str, Difference]:
    """Compare a metric within each kind of question, those in which both have it, by name."""
    kinds = {row.question.id: row.question.kind for row in before}
    kinds_of = {}
    for kind in sorted(set(kinds.values())):
        one = [[row for row in rows if kinds.get(row.question.id) == kind] for rows in (before, after)]
        if each := compare_metric(metric, one[0], one[1], level):
            kinds_of[kind] = each
    return kinds_of


def swings(differences: Sequence[Difference]) -> list[Swing]:
    """Return the questions that changed in a hard metric, the greatest change first, a loss before a like gain."""
    changes: dict[str, dict[str, Change]] = {}
    for each in differences:
        if METRICS[each.metric].hard:
            for change in each.changed:
                changes.setdefault(change.id, {})[each.metric] = change
    gains = {name: sum(c.after - c.before for c in own.values()) for name, own in changes.items()}
    order = sorted(changes, key=lambda name: (-round(abs(gains[name]), 9), gains[name], name))
    return [Swing(name, gains[name], changes[name]) for name in order]


def comparisons(before: Sequence[Row], after: Sequence[Row], level: float = LEVEL) -> list[Comparison]:
    """Test every metric that both runs have; raises CompareError when they have no question in common."""
    differences = compare_all(before, after, level)
    if not differences:
        raise CompareError("the two runs have no question in common that was measured in both")
    p = {each.metric: sign_flip([c.after - c.before for c in each.changed]) for each in differences}
    adjusted = holm(p)
    return [
        Comparison(d, p[d.metric], adjusted[d.metric], adjusted[d.metric] <= 1 - level + 1e-12) for d in differences
    ]
