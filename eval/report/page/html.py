"""The report as one HTML file that needs no other: texts escaped, charts and style inside."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment
from markupsafe import Markup, escape

from eval.golden.question import STATUSES
from eval.nights.history import ALL
from eval.report.headline import headline_of
from eval.report.night import ROBUST, WORST, Report, standing
from eval.report.page import charts, text
from eval.report.page.environment import template_environment
from eval.score.row import METRICS

BY_KIND = ("status", "hit_1", "hit_5", "ndcg_10", "citation_precision", "citation_recall", "key_points")
CHARTED = ("status", "ndcg_10")
NAME, TITLE, PASSAGE = 100, 120, 1500  # characters that are shown of a text
FIRST = 5  # findings that are shown before the others are asked for


def render(report: Report) -> str:
    """Return the page."""
    sentence = headline_of(report)
    page = _environment().get_template("page.html")
    return page.render(
        report=report,
        headline=sentence,
        trends=[_chart(charts.draw_trend(each)) for each in report.trends],
        kinds=_kinds(report),
        kind_charts=_kind_charts(report),
        by_kind=[metric for metric in BY_KIND if (ALL, metric) in report.kinds],
        statuses=_statuses(report),
        expected_statuses={expected for expected, _ in report.confusion},
        robust=[m for m in ROBUST if any(m in each.figures for each in report.variants)],
        robust_charts=_robust_charts(report),
    )


@cache
def _environment() -> Environment:
    made = template_environment(_finalize)
    made.filters["upto"] = _upto
    made.globals |= {
        "ALL": ALL,
        "METRICS": METRICS,
        "FIRST": FIRST,
        "LONGEST": text.LONGEST,
        "PASSAGE": PASSAGE,
        "TITLE": TITLE,
        "WORST": WORST,
        "change": text.change_text,
        "figure": text.figure_text,
        "interval": text.interval_text,
        "label": text.label,
        "milliseconds": text.milliseconds,
        "standing": standing,
    }
    return made


def _finalize(value: object) -> object:
    """Spell out the hidden characters of every text that is written into the page; escaping comes after."""
    return text.shown(value, NAME) if isinstance(value, str) and not isinstance(value, Markup) else value


def _upto(value: str, longest: int) -> Markup:
    """Let a text be longer than a name."""
    return escape(text.shown(value, longest))


def _chart(drawn: str) -> Markup:
    return Markup(drawn)  # charts.py escapes its texts


def _kinds(report: Report) -> list[str]:
    return [*dict.fromkeys(report.kind_of.values()), ALL]


def _kind_charts(report: Report) -> list[Markup]:
    drawn = []
    for metric in CHARTED:
        figures = [(kind, report.kinds[kind, metric]) for kind in _kinds(report)[:-1] if (kind, metric) in report.kinds]
        if figures:
            values = [charts.Dot(kind, each.mean, each.low, each.high) for kind, each in figures]
            title = f"{text.label(metric)} by kind of question"
            drawn.append(_chart(charts.draw_dots(f"kinds-{metric}", title, "mean with 95 % interval", values)))
    return drawn


def _robust_charts(report: Report) -> list[Markup]:
    drawn = []
    for metric in CHARTED:
        differences = [(each.name, each.differences[metric]) for each in report.variants if metric in each.differences]
        if differences:
            values = [charts.Dot(name, each.mean, each.low, each.high) for name, each in differences]
            title = f"{text.label(metric)}: change from the plain questions"
            axis = "difference with 95 % interval"
            drawn.append(_chart(charts.draw_dots(f"robust-{metric}", title, axis, values, zero=True)))
    return drawn


def _statuses(report: Report) -> Sequence[str]:
    """Return the statuses of the contract, then others that were met."""
    met = {status for pair in report.confusion for status in pair}
    return [*STATUSES, *sorted(met - set(STATUSES))]
