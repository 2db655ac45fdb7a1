"""What a night's report says, composed from a run, its rows and the history: how it looks is the page's matter."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from eval.judge.tally import Tally, sum_up
from eval.nights.comparison import Change, Comparison, Difference, compare_metric, comparisons, readings
from eval.nights.gate import Finding, Status, Verdict
from eval.nights.history import ALL, Figure, summarise
from eval.score.latency import Latency, latencies
from eval.score.row import METRICS, Row, Run

KEY = (
    "status",
    "ndcg_10",
    "hit_5",
    "citation_precision",
    "citation_recall",
    "verbatim",
    "key_points",
    "supported",
    "faithfulness",
    "ask_ms",
)
ROBUST = ("status", "hit_5", "ndcg_10", "citation_precision", "key_points", "supported")
VARIANT = "#"  # parts the id of a question from the name of what was done to it
WORST = 10
Kinds = Mapping[tuple[str, str], Figure]
Standing = Literal["better", "worse", "perhaps better", "perhaps worse", "same"]


@dataclass(frozen=True, slots=True)
class Night:
    """A run and its rows."""

    run: Run
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Against:
    """Tonight against an earlier run, on the questions of both, by metric."""

    run: Run
    tested: Mapping[str, Comparison]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of tonight and its differences from last night and from the best night."""

    metric: str
    figure: Figure
    last: Comparison | None
    best: Comparison | None


@dataclass(frozen=True, slots=True)
class Point:
    """One night of a trend; `changed` is whether the index or the generator was another the night before."""

    started: str
    figure: Figure
    changed: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """A metric over the nights, oldest first."""

    metric: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Setback:
    """A question and its figures that fell since last night; none where it is as wrong as it was."""

    now: Row
    before: Row | None
    drops: Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class Variant:
    """The same questions after something was done to them: figures, and differences from the plain ones."""

    name: str
    n: int
    figures: Mapping[str, Figure]
    differences: Mapping[str, Difference]


@dataclass(frozen=True, slots=True)
class Setting:
    """How it was run; `before` is last night's value where that was another."""

    name: str
    value: str
    before: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page, the chat message and the file for CI tell."""

    run: Run
    n: int
    last: Against | None
    best: Against | None
    gate: Status
    findings: tuple[Finding, ...]
    tiles: tuple[Tile, ...]
    trends: tuple[Trend, ...]
    kinds: Kinds
    confusion: Mapping[tuple[str, str], int]
    regressions: tuple[Setback, ...]
    wrong: tuple[Setback, ...]
    tally: Tally | None
    variants: tuple[Variant, ...]
    latencies: tuple[Latency, ...]
    degraded: Mapping[str, int]
    settings: tuple[Setting, ...]
    kind_of: Mapping[str, str]


def compose(
    night: Night,
    last: Night | None,
    best: Night | None,
    past: Sequence[tuple[Run, Kinds]],
    verdict: Verdict,
) -> Report:
    """Make the report of a night. `past` are the runs over the same questions with their figures, tonight's last.

    `verdict` is the gate's.
    """
    rows, before = plain(night.rows), plain(last.rows) if last else []
    kinds = summarise(rows)
    against_last, against_best = (_against(other, rows) if other else None for other in (last, best))
    setbacks = _setbacks(rows, before)
    return Report(
        run=night.run,
        n=len(rows),
        last=against_last,
        best=against_best,
        gate=verdict.status,
        findings=verdict.findings,
        tiles=_tiles(kinds, against_last, against_best),
        # The history's figures of a night are over variants too.
        trends=_trends([(run, kinds if run.id == night.run.id else figures) for run, figures in past]),
        kinds=kinds,
        confusion=Counter((row.question.status, row.status) for row in rows),
        regressions=tuple(each for each in setbacks if each.drops),
        wrong=tuple(each for each in setbacks if not each.drops),
        tally=sum_up(night.run, rows, kinds),
        variants=_variants(night.rows, rows),
        latencies=latencies(rows, before),
        degraded=Counter(row.degraded for row in rows if row.degraded is not None),
        settings=_settings(night.run, last.run if last else None),
        kind_of={row.question.id: row.question.kind for row in rows},
    )


def plain(rows: Sequence[Row]) -> list[Row]:
    """Return the rows without those of variants; all rows of a run that asked nothing but variants."""
    return [row for row in rows if VARIANT not in row.question.id] or list(rows)


def standing(comparison: Comparison) -> Standing:
    """Say whether a difference is for the better.

    Surely, after the correction for the number of metrics (Holm); perhaps, where its own 95 % interval leaves out 0.
    """
    difference = comparison.difference
    good = (difference.mean > 0) == METRICS[difference.metric].higher
    if comparison.significant:
        return "better" if good else "worse"
    if difference.mean and (difference.low > 0 or difference.high < 0):
        return "perhaps better" if good else "perhaps worse"
    return "same"


def _against(other: Night, rows: Sequence[Row]) -> Against | None:
    before = plain(other.rows)
    common = {row.question.id for row in before} & {row.question.id for row in rows}
    tested = comparisons(before, rows) if common else []
    return Against(other.run, {each.difference.metric: each for each in tested})


def _tiles(kinds: Kinds, last: Against | None, best: Against | None) -> tuple[Tile, ...]:
    return tuple(
        Tile(metric, kinds[ALL, metric], *(each.tested.get(metric) if each else None for each in (last, best)))
        for metric in KEY
        if (ALL, metric) in kinds
    )


def _trends(past: Sequence[tuple[Run, Kinds]]) -> tuple[Trend, ...]:
    trends = []
    for metric in KEY:
        points, made = list[Point](), None
        for run, figures in past:
            if figure := figures.get((ALL, metric)):
                making = (run.index_version, run.generator)
                points.append(Point(run.started, figure, made not in (None, making)))
                made = making
        if len(points) > 1:
            trends.append(Trend(metric, tuple(points)))
    return tuple(trends)


def _setbacks(rows: Sequence[Row], before: Sequence[Row]) -> list[Setback]:
    """Return the questions that fell or are wrong: a lost status first, then the most lost over all hard figures."""
    old = {row.question.id: row for row in before}
    setbacks = [Setback(row, old.get(row.question.id), _drops(row, old.get(row.question.id))) for row in rows]

    def order(each: Setback) -> tuple[bool, float, str]:
        return "status" not in each.drops, sum(c.after - c.before for c in each.drops.values()), each.now.question.id

    return sorted((each for each in setbacks if each.drops or not each.now.figures.get("status", 1.0)), key=order)


def _drops(now: Row, before: Row | None) -> dict[str, Change]:
    if before is None:
        return {}
    pairs = {
        metric: Change(now.question.id, old[now.question.id], new[now.question.id])
        for metric in METRICS
        if METRICS[metric].hard and (old := readings([before], metric)) and (new := readings([now], metric))
    }
    return {metric: change for metric, change in pairs.items() if change.after < change.before}


def _variants(rows: Sequence[Row], originals: Sequence[Row]) -> tuple[Variant, ...]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        original, mark, name = row.question.id.partition(VARIANT)
        if mark:
            groups.setdefault(name, []).append(replace(row, question=replace(row.question, id=original)))
    return tuple(_variant(name, group, originals) for name, group in sorted(groups.items()))


def _variant(name: str, group: Sequence[Row], originals: Sequence[Row]) -> Variant:
    kinds = summarise(group)
    figures = {metric: kinds[ALL, metric] for metric in ROBUST if (ALL, metric) in kinds}
    return Variant(
        name,
        len(group),
        figures,
        {m: difference for m in figures if (difference := compare_metric(m, originals, group))},
    )


def _settings(run: Run, last: Run | None) -> tuple[Setting, ...]:
    now, old = _facts(run), _facts(last) if last else {}
    fresh = {"run", "started", "finished"}  # differ every night
    return tuple(
        Setting(name, value, old.get(name, "") if last and name not in fresh and old.get(name) != value else None)
        for name, value in now.items()
    )


def _facts(run: Run) -> dict[str, str]:
    facts = {
        "run": run.id,
        "started": run.started,
        "finished": run.finished,
        "target": run.target,
        "questions": run.golden,
        "index version": run.index_version,
        "generator": run.generator,
        "judge": run.judge,
        "revision": run.revision,
    }
    return facts | dict(sorted(run.settings.items()))
