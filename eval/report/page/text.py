"""Texts and figures as a reader sees them: nothing hidden, nothing endless."""

import re

from eval.score.row import METRICS

LONGEST = 6000  # characters of one text; answers are shorter, faults are not
# Controls but tab and line feed, lone surrogates, what XML cannot hold, and what reorders the text around it.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_MINUS = "\u2212"


def shown(text: str, longest: int = LONGEST) -> str:
    """Return a text with its hidden characters spelled out as <U+202E> and its end cut after `longest` characters."""
    spelled = _HIDDEN.sub(lambda match: f"<U+{ord(match[0]):04X}>", text.replace("\r\n", "\n"))
    cut = len(spelled) - longest
    return f"{spelled[:longest]} … ({cut} more characters)" if cut > 0 else spelled


def figure_text(metric: str, value: float) -> str:
    """Write a figure: three digits, or whole milliseconds."""
    return f"{value:.0f} ms" if METRICS[metric].unit else f"{value:.3f}".replace("-", _MINUS)


def change_text(metric: str, value: float) -> str:
    """Write a difference, with its sign."""
    digits = f"{value:+.0f}" if METRICS[metric].unit else f"{value:+.3f}"
    if not float(digits):
        digits = digits[1:]
    return digits.replace("-", _MINUS) + (" ms" if METRICS[metric].unit else "")


def interval_text(metric: str, low: float, high: float, signed: bool = False) -> str:
    """Write the bounds of an interval; of a difference with their signs."""
    write = change_text if signed else figure_text
    return f"{write(metric, low)} to {write(metric, high)}"


def milliseconds(value: float) -> str:
    """Write milliseconds to three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def label(metric: str) -> str:
    """Name a metric; a finding may be about something that is none."""
    known = METRICS.get(metric)
    return metric if known is None else f"{known.label} time" if known.unit else known.label
