"""say which figures of two runs differ, and how sure that is"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from eval.commands import DONE, columns, fixed, probability
from eval.nights.comparison import Change, CompareError, Comparison, Difference, Swing, by_kind, comparisons, swings
from eval.nights.history import HISTORY, History
from eval.score.row import METRICS, Row, from_lines

EPILOG = (
    "A and B are ids of runs, or rows.jsonl files that `python -m eval run` wrote. The interval is a paired "
    "bootstrap, p a paired randomisation test, two-sided; Holm's correction is over all figures of the table. "
    "Exit status: 0 compared, 2 not."
)
PER_KIND = ("hit_1", "status")
SHOWN = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="the run before: its id, or a file of rows")
    parser.add_argument("b", metavar="B", help="the run after")
    parser.add_argument("--history", type=Path, default=HISTORY, help="SQLite file that keeps all runs")


def main(options: argparse.Namespace) -> int:
    before, after = (_read(name, options.history) for name in (options.a, options.b))
    try:
        tested = comparisons(before, after)
    except CompareError as error:
        raise CompareError(f"{options.a} and {options.b}: {error}") from error
    console = Console()
    _say_what_is_compared(console, before, after)
    console.print(_tests(tested))
    for metric in PER_KIND:
        if kinds := by_kind(metric, before, after):
            console.print(_kinds(f"{METRICS[metric].label}, by kind", kinds))
    show_swings(console, swings([each.difference for each in tested]), after)
    return DONE


def _read(name: str, history: Path) -> list[Row]:
    """Read rows from a file if there is one of this name, else from the history."""
    path = Path(name)
    if not (path.is_file() or path.suffix == ".jsonl"):
        return History(history).rows(name)
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise CompareError(f"{name!r} is no file of rows: {error}") from error
    return from_lines(name, lines[:-1] if lines[-1] == "" else lines)


def _say_what_is_compared(console: Console, before: Sequence[Row], after: Sequence[Row]) -> None:
    a, b = ({row.question.id for row in rows} for rows in (before, after))
    console.print(f"A: {_about(before)}\nB: {_about(after)}", markup=False, highlight=False, soft_wrap=True)
    if a != b:
        console.print(f"{len(a & b)} questions are in both, {len(a - b)} only in A, {len(b - a)} only in B")


def _about(rows: Sequence[Row]) -> str:
    made = ", ".join(sorted({f"{r.generator} on index {r.index_version}" for r in rows if r.generator}))
    return f"{len(rows)} questions, {made or 'no reply'}"


def _tests(tested: Sequence[Comparison]) -> Table:
    table = columns("A and B on the questions of both", "", "n", "A", "B", "B - A", "95 % from", "to", "p", "")
    for each in tested:
        difference = each.difference
        # Of a family of tests, so a small p alone is not marked.
        mark = "" if not each.significant else "better" if is_better(difference) else "worse"
        table.add_row(
            METRICS[difference.metric].label, str(difference.n), *_numbers(difference), probability(each.p), mark
        )
    table.caption = "better, worse: significant at 5 % with Holm's correction"
    table.caption_justify = "left"
    return table


def _kinds(title: str, kinds: Mapping[str, Difference]) -> Table:
    table = columns(title, "", "n", "A", "B", "B - A", "95 % from", "to")
    for kind, difference in kinds.items():
        table.add_row(kind, str(difference.n), *_numbers(difference))
    return table


def _numbers(difference: Difference) -> list[str]:
    return [
        number(difference.metric, difference.before),
        number(difference.metric, difference.after),
        *gain(difference),
    ]


def number(metric: str, value: float, sign: str = "") -> str:
    return fixed(value, 0 if METRICS[metric].unit == "ms" else 3, sign)


def gain(difference: Difference) -> list[str]:
    """Write a difference and its interval."""
    return [number(difference.metric, value, "+") for value in (difference.mean, difference.low, difference.high)]


def is_better(difference: Difference) -> bool:
    return (difference.mean > 0) is METRICS[difference.metric].higher


def show_swings(console: Console, swings: Sequence[Swing], rows: Sequence[Row]) -> None:
    """Print the questions that changed most, a line each."""
    if not swings:
        console.print("No question changed in a figure that can fail a night.")
        return
    kinds = {row.question.id: row.question.kind for row in rows}
    console.print(f"Questions that changed most, of {len(swings)} that changed")
    for each in swings[:SHOWN]:
        changes = ", ".join(f"{METRICS[name].label} {_arrow(change)}" for name, change in each.changes.items())
        line = f"  {each.gain:+.2f}  {each.id} ({kinds[each.id]}): {changes}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _arrow(change: Change) -> str:
    return f"{change.before:.3g} -> {change.after:.3g}"
