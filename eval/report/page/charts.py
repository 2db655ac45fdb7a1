"""Charts as SVG to stand inside a page: the same figures give the same bytes; the page gives the colours."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from eval.report.night import Trend
from eval.report.page.text import label, shown
from eval.score.row import METRICS

WIDTH = 4.2  # inches, at 72 points each
LABEL = 20  # characters
# Drawn in colours that nothing else has, which then become the page's own.
INK, MUTED, LINE, SERIES = "#010203", "#040506", "#070809", "#0a0b0c"
COLOURS = {INK: "var(--ink)", MUTED: "var(--muted)", LINE: "var(--line)", SERIES: "var(--series)"}
STYLE: Any = {
    "date.converter": "concise",
    "svg.fonttype": "none",  # text stays text
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.parse_math": False,  # a name may have a dollar sign
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": LINE,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
}
_STYLE_SHEET = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_ID = re.compile(r'(\bid="|url\(#|href="#)')


@dataclass(frozen=True, slots=True)
class Dot:
    """A named value with its interval."""

    name: str
    value: float
    low: float
    high: float


def draw_trend(drawn: Trend) -> str:
    """Draw a metric over the nights with its interval; dashed where the index or the generator changed."""
    metric, points = METRICS[drawn.metric], drawn.points
    days = [datetime.fromisoformat(point.started).timestamp() / 86_400 for point in points]
    means = [point.figure.mean for point in points]
    with mpl.rc_context(STYLE):
        figure, axes = _axes(2.3)
        axes.fill_between(
            days,
            [p.figure.low for p in points],
            [p.figure.high for p in points],
            color=SERIES,
            alpha=0.18,
            linewidth=0,
        )
        axes.plot(days, means, color=SERIES, linewidth=1.6, marker="o" if len(points) < 40 else "", markersize=2.5)
        axes.plot(days[-1:], means[-1:], color=SERIES, marker="o", markersize=5)
        for day, point in zip(days, points, strict=True):
            if point.changed:
                axes.axvline(day, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
        axes.xaxis_date()
        axes.set_xlabel("night")
        axes.set_ylim(*_limits(drawn))
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.set_ylabel("milliseconds" if metric.unit else "mean")
        axes.grid(axis="y")
        _title(figure, label(drawn.metric))
        description = f"{len(points)} nights, {means[0]:.3f} on the first and {means[-1]:.3f} on the last"
        return _svg(figure, f"trend-{drawn.metric}", f"{label(drawn.metric)} over the nights", description)


def draw_dots(name: str, title: str, axis: str, values: Sequence[Dot], zero: bool = False) -> str:
    """Draw values with their intervals, one a line; with a line at zero for differences."""
    labels = [_short(shown(each.name)) for each in values]
    places = list(range(len(values)))[::-1]
    with mpl.rc_context(STYLE):
        figure, axes = _axes(0.9 + 0.22 * len(values))
        if zero:
            axes.axvline(0, color=MUTED, linewidth=1)
        axes.hlines(places, [v.low for v in values], [v.high for v in values], color=SERIES, linewidth=2, alpha=0.45)
        axes.plot([v.value for v in values], places, color=SERIES, marker="o", markersize=5, linestyle="none")
        axes.yaxis.set_major_locator(FixedLocator(places))
        axes.yaxis.set_major_formatter(FixedFormatter(labels))
        axes.set_ylim(-0.6, len(values) - 0.4)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel(axis)
        axes.grid(axis="x")
        _title(figure, title)
        description = "; ".join(f"{label} {each.value:.3f}" for label, each in zip(labels, values, strict=True))
        return _svg(figure, name, title, description)


def _limits(drawn: Trend) -> tuple[float, float]:
    """Leave room around the intervals; but a share has none below 0 or above 1."""
    low = min(point.figure.low for point in drawn.points)
    high = max(point.figure.high for point in drawn.points)
    if METRICS[drawn.metric].unit:
        return max(0.0, low - 0.1 * (high - low + 1)), high + 0.1 * (high - low + 1)
    room = max(0.02, 0.1 * (high - low))
    return max(-0.01, low - 2 * room), min(1.01, high + room)


def _axes(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.patch.set_visible(False)
    axes = figure.add_subplot()
    axes.patch.set_visible(False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.tick_params(length=2)
    return figure, axes


def _short(name: str) -> str:
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"


def _title(figure: Figure, title: str) -> None:
    figure.suptitle(shown(title), x=0.01, horizontalalignment="left", fontsize=10, fontweight="bold")


def _svg(figure: Figure, name: str, title: str, description: str) -> str:
    """Return the figure as an element whose ids begin with its name, as a page has more than one."""
    out = io.StringIO()
    nothing: dict[str, Any] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(out, format="svg", metadata=nothing)
    drawn = out.getvalue()
    drawn = _COMMENT.sub("", _STYLE_SHEET.sub("", drawn[drawn.index("<svg") :]))
    for colour, own in COLOURS.items():
        drawn = drawn.replace(colour, own)
    _, _, body = _ID.sub(rf"\g<1>{name}-", drawn).partition(">")
    width, height = figure.get_size_inches() * 72
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-labelledby="{name}-title {name}-told">'
        f'<title id="{name}-title">{escape(shown(title))}</title>'
        f'<desc id="{name}-told">{escape(description)}</desc>{body}'
    )
