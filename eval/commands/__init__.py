"""The commands of `python -m eval`, one a module.

Each has a first docstring line that is its help, EPILOG or none, `arguments(parser)`, and `main(options)`, which
returns the exit status and raises what `python -m eval` reports.
"""

import argparse

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

DONE, BROKEN, FAILED = 0, 1, 2
console = Console(stderr=True)  # for what is said beside the figures


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"at least 1, not {number}")
    return number


def fixed(value: float, digits: int, sign: str = "") -> str:
    """Write a number with so many decimals; what rounds to zero has no minus."""
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}"


def probability(p: float) -> str:
    return "<0.001" if p < 0.001 else fixed(p, 3)


def bars(on: Console) -> Progress:
    """Make a progress bar that tells how many of how many, and for how long yet."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=on)


def columns(title: str, *headings: str) -> Table:
    """Make a table of names and figures."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", no_wrap=bool(place))
    return table
