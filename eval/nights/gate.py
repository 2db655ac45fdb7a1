"""Whether a night was good enough, and no worse than the one it is held against: pure functions."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from eval.nights.comparison import Difference, compare_all, readings
from eval.nights.history import ALL, Figure
from eval.score.row import JUDGE_METRICS, METRICS, Row, Run

GATES = Path(__file__).with_name("gates.toml")
SHOWN = 5  # questions that a finding names
Fault = Literal["floor", "ceiling", "regression", "unjudged", "unmeasured"]
Status = Literal["passed", "regression", "unmeasured"]
Fraction = Annotated[float, Field(ge=0, le=1)]
Milliseconds = Annotated[float, Field(gt=0)]


class GateError(Exception):
    """A file of gates that cannot be read, or a night that is not there; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """How much may be missing: at least `replied` of the questions, at most the shares of the others."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    replied: Fraction = 0.9
    unjudged: Fraction = 0.02
    unmeasured: Fraction = 0.02


@dataclass(frozen=True, slots=True)
class Gates:
    """What a night must reach, by the names of METRICS; `eval/nights/gates.toml` explains each."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    allowed: Allowed = field(default_factory=Allowed)
    floors: dict[str, Fraction] = field(default_factory=dict)
    ceilings: dict[str, Milliseconds] = field(default_factory=dict)
    least: dict[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of a night; `ids` are the questions behind it, the worst first.

    `value` is beyond `limit`: a mean, the difference of two means (regression), or a share of questions.
    """

    metric: str
    fault: Fault
    value: float
    limit: float
    text: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A night, what it was held against if there was any, and what was found."""

    run: Run
    baseline: Run | None
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...] = ()

    @property
    def status(self) -> Status:
        """What is certainly worse comes before what could not be measured."""
        faults = {finding.fault for finding in self.findings}
        if faults & {"floor", "ceiling", "regression"}:
            return "regression"
        return "unmeasured" if faults else "passed"


def load(path: Path = GATES) -> Gates:
    """Read the gates; raises GateError naming the key."""
    try:
        gates = TypeAdapter(Gates).validate_python(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GateError(f"cannot read the gates {str(path)!r}: {error}") from error
    except ValidationError as error:
        raise GateError(f"{path}: {'; '.join(map(_fault, error.errors()))}") from error
    for table, higher in (("floors", True), ("ceilings", False), ("least", True)):
        known = [name for name, metric in METRICS.items() if metric.higher is higher]
        if unknown := [name for name in getattr(gates, table) if name not in known]:
            raise GateError(f"{path}: {table}.{unknown[0]}: not one of {', '.join(known)}")
    return gates


def _fault(error: ErrorDetails) -> str:
    key, unknown = ".".join(map(str, error["loc"])), error["type"] == "unexpected_keyword_argument"
    return f"{key}: no such key" if unknown else f"{key}: {error['msg']}, not {error['input']!r}"


def choose(
    run: Run,
    earlier: Sequence[Run],
    figures: Mapping[str, Mapping[tuple[str, str], Figure]],
    against: Literal["last", "best"],
    replied: float,
) -> Run | None:
    """Pick the night to hold a run against, None without any: of `earlier`, oldest first, on the same questions.

    "best" has the highest mean of hit@1 and status. A night with replies to less than a share `replied` of the
    questions was not measured, so it is no measure.
    """

    def figure(each: Run, metric: str) -> float:
        means = figures.get(each.id, {}).get((ALL, metric))
        return means.mean if means else 0.0

    usable = [
        each
        for each in earlier
        if (each.started, each.id) < (run.started, run.id)
        and each.golden_sha256 == run.golden_sha256
        and figure(each, "replied") >= replied
    ]
    if against == "last":
        return usable[-1] if usable else None
    # The latest of equals: what it was asked of is nearest to tonight's.
    return max(reversed(usable), key=lambda each: figure(each, "hit_1") + figure(each, "status"), default=None)


def hold(run: Run, rows: Sequence[Row], gates: Gates, baseline: tuple[Run, Sequence[Row]] | None = None) -> Verdict:
    """Hold a night against the gates, and against a baseline if there is one."""
    held = baseline[0] if baseline else None
    if missing := _unusable(rows, gates):
        return Verdict(run, held, (missing,))
    findings = [*_limits(rows, gates), *_unmeasured(rows, gates), *_unjudged(run, rows, gates)]
    if not baseline:
        return Verdict(run, None, tuple(findings))
    if baseline[0].golden_sha256 != run.golden_sha256:
        text = f"run {baseline[0].id} was asked other questions ({baseline[0].golden}), so nothing can be compared"
        return Verdict(run, held, (*findings, Finding(ALL, "unmeasured", 0, 0, text)))
    changes = compare_all(baseline[1], rows, gates.level)
    if not changes:
        text = f"no question was measured both tonight and in run {baseline[0].id}, so nothing can be compared"
        return Verdict(run, held, (*findings, Finding(ALL, "unmeasured", 0, 0, text)))
    findings += [*_vanished(baseline, rows, gates), *_regressions(baseline[0], changes, gates)]
    return Verdict(run, held, tuple(findings), tuple(changes))


def _unusable(rows: Sequence[Row], gates: Gates) -> Finding | None:
    """Find that there is nothing to measure: no rows, or too few replies to say anything of the service."""
    if not rows:
        return Finding(ALL, "unmeasured", 0, 0, "the run has no rows")
    replied = readings(rows, "replied")
    share, limit = mean(replied.values()), gates.allowed.replied
    if share >= limit:
        return None
    silent = [row for row in rows if not replied[row.question.id]]
    why = silent[0].failures.get("replied", "no reason was kept")
    text = f"only {share:.1%} of {len(rows)} questions had a reply, below {limit:.1%}; the first: {why}"
    return Finding("replied", "unmeasured", share, limit, text, _ids(silent))


def _limits(rows: Sequence[Row], gates: Gates) -> list[Finding]:
    """Find means below their floor or above their ceiling."""
    findings = []
    for metric, limit in (gates.floors | gates.ceilings).items():
        sign = 1 if METRICS[metric].higher else -1
        values = readings(rows, metric)
        value = mean(values.values()) if values else limit
        # A mean of ones may be a hair below 1.
        if sign * (limit - value) > 1e-9:
            fault: Fault = "floor" if sign > 0 else "ceiling"
            beyond = "below its floor" if sign > 0 else "above its ceiling"
            worst = sorted(values, key=lambda name: sign * values[name])
            ids = tuple(name for name in worst if sign * (limit - values[name]) > 0)
            text = f"{label(metric)} is {precise(metric, value)}, {beyond} of {precise(metric, limit)}{_named(ids)}"
            findings.append(Finding(metric, fault, value, limit, text, ids))
    return findings


def _unmeasured(rows: Sequence[Row], gates: Gates) -> list[Finding]:
    """Find metrics with a limit that no question has, or that could not be measured for too many."""
    findings = []
    for metric in gates.floors | gates.ceilings:
        # What a judge left out is counted over all of its figures.
        failed = [row for row in rows if metric in row.failures and metric not in (*JUDGE_METRICS, "replied")]
        n, limit = len(readings(rows, metric)) + len(failed), gates.allowed.unmeasured
        if not n:
            text = f"{label(metric)} has a limit, but no question has this figure"
            findings.append(Finding(metric, "unmeasured", 1.0, limit, text))
        elif (share := len(failed) / n) > limit:
            why = failed[0].failures[metric]
            text = f"{label(metric)} was not measured for {share:.1%}, more than {limit:.1%}; the first: {why}"
            findings.append(Finding(metric, "unmeasured", share, limit, text, _ids(failed)))
    return findings


def _unjudged(run: Run, rows: Sequence[Row], gates: Gates) -> list[Finding]:
    """Find that a judge gave no figure for too many answers: a mean over the others would look good."""
    if not run.judge:
        return []
    failed = [row for row in rows if not row.failures.keys().isdisjoint(JUDGE_METRICS)]
    tried = [row for row in rows if not (row.failures.keys() | row.figures.keys()).isdisjoint(JUDGE_METRICS)]
    limit = gates.allowed.unjudged
    if not tried:
        return [Finding("judge", "unjudged", 1.0, limit, "a judge was named, but no answer was judged")]
    share = len(failed) / len(tried)
    if share <= limit:
        return []
    why = next(why for name, why in failed[0].failures.items() if name in JUDGE_METRICS)
    text = (
        f"the judge gave no figure for {len(failed)} of {len(tried)} answers ({share:.1%}), more than {limit:.1%}; "
        f"the first: {why}"
    )
    return [Finding("judge", "unjudged", share, limit, text, _ids(failed))]


def _vanished(baseline: tuple[Run, Sequence[Row]], rows: Sequence[Row], gates: Gates) -> list[Finding]:
    """Find hard metrics without a floor, for _unmeasured has found the others, that only the baseline has."""
    return [
        Finding(name, "unmeasured", 0, 0, f"{label(name)} was measured in run {baseline[0].id}, but not tonight")
        for name, metric in METRICS.items()
        if metric.hard and name not in gates.floors and readings(baseline[1], name) and not readings(rows, name)
    ]


def _regressions(baseline: Run, differences: Sequence[Difference], gates: Gates) -> list[Finding]:
    """Find hard metrics of which the whole interval of the difference is worse than the tolerance."""
    findings = []
    for each in differences:
        sign, least = 1 if METRICS[each.metric].higher else -1, gates.least.get(each.metric, 0.0)
        best = each.high if sign > 0 else -each.low
        if METRICS[each.metric].hard and best < -least - 1e-9:
            ids = tuple(change.id for change in each.changed if sign * (change.after - change.before) < 0)
            before, after = precise(each.metric, each.before), precise(each.metric, each.after)
            text = (
                f"{label(each.metric)} went from {before} to {after} since run {baseline.id}: {each.mean:+.4f}, "
                f"{gates.level:.0%} interval {each.low:+.4f} to "
                f"{each.high:+.4f}, over {each.n} questions{_named(ids)}"
            )
            findings.append(Finding(each.metric, "regression", each.mean, -sign * least, text, ids))
    return findings


def label(metric: str) -> str:
    return METRICS[metric].label


def precise(metric: str, value: float) -> str:
    """Write a figure as people read it; four digits, as one fault in a thousand matters."""
    return f"{value:.0f} ms" if METRICS[metric].unit == "ms" else f"{value:.4f}"


def _ids(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(row.question.id for row in rows)


def _named(ids: Sequence[str]) -> str:
    """Name the first questions behind a fault, and count the others."""
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return f"; questions {', '.join(ids[:SHOWN])}{more}" if ids else ""
