"""hold a night against its limits and against an earlier night"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.commands import BROKEN, DONE, FAILED, columns
from eval.commands.compare import gain, number, show_swings
from eval.nights.comparison import Difference, readings, swings
from eval.nights.gate import GATES, GateError, Gates, Verdict, choose, hold, load
from eval.nights.history import HISTORY, History, HistoryError
from eval.nights.webhook import HEADLINES, WebhookError, message, post, trouble
from eval.score.row import METRICS, Row, Run

EPILOG = "Exit status: 0 passed, 1 got worse or is beyond a limit, 2 could not be measured."
WEBHOOK = "EVAL_WEBHOOK"
STATUSES = {"passed": DONE, "regression": BROKEN, "unmeasured": FAILED}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--history", type=Path, default=HISTORY, help="SQLite file that keeps all runs")
    parser.add_argument("--run", help="id of the run to judge; by default the latest")
    parser.add_argument("--against", default="last", help="last (default), best, or the id of a run")
    parser.add_argument("--gates", type=Path, default=GATES, help="TOML file of the limits")
    parser.add_argument("--webhook", help=f"address that is told when it fails; by default that in {WEBHOOK}")


def main(options: argparse.Namespace) -> int:
    url = options.webhook or os.environ.get(WEBHOOK, "")
    try:
        gates, history = load(options.gates), History(options.history)
        run = _tonight(history, options.run)
        rows = history.rows(run.id)
        verdict = hold(run, rows, gates, _baseline(history, run, options.against, gates))
    except (GateError, HistoryError) as error:
        tell(url, trouble(str(error)))
        raise
    _show(Console(), verdict, rows, gates)
    if verdict.status != "passed":
        tell(url, message(verdict))
    return STATUSES[verdict.status]


def _tonight(history: History, run_id: str | None) -> Run:
    if run_id:
        return history.run(run_id)
    if runs := history.runs():
        return runs[-1]
    raise GateError(f"the history {str(history.path)!r} has no runs; `python -m eval run` adds one")


def _baseline(history: History, run: Run, against: str, gates: Gates) -> tuple[Run, list[Row]] | None:
    """Return the run to hold this one against, and its rows; None when "last" or "best" finds none."""
    if against == run.id:
        raise GateError(f"--against {against!r} is the run itself; name another one, or last or best")
    if against not in ("last", "best"):
        held: Run | None = history.run(against)
    else:
        earlier = history.runs(run.golden_sha256)
        figures = history.figures(*(each.id for each in earlier))
        held = choose(run, earlier, figures, "best" if against == "best" else "last", gates.allowed.replied)
    return (held, history.rows(held.id)) if held else None


def _show(console: Console, verdict: Verdict, rows: Sequence[Row], gates: Gates) -> None:
    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    say(f"Run     {_about(verdict.run)}")
    if verdict.baseline:
        say(f"Against {_about(verdict.baseline)}")
    else:
        say("There is no earlier run over the same questions to hold it against: judged by its limits alone")
    console.print(_table(rows, gates, {each.metric: each for each in verdict.differences}))
    if verdict.differences:
        show_swings(console, swings(verdict.differences), rows)
    for finding in verdict.findings:
        say(f"{finding.fault}: {finding.text}")
    say(f"Run {verdict.run.id} {HEADLINES[verdict.status]}")


def _about(run: Run) -> str:
    parts = [run.id, f"index {run.index_version}", f"generator {run.generator}"]
    parts += [f"judge {run.judge}"] if run.judge else []
    return ", ".join(parts + ([f"revision {run.revision}"] if run.revision else []))


def _table(rows: Sequence[Row], gates: Gates, compare_all: dict[str, Difference]) -> Table:
    limits = gates.floors | gates.ceilings
    before = ("before", "change", f"{gates.level:.0%} from", "to", "") if compare_all else ()
    table = columns("Means, and their change on the questions of both runs", "", "n", "mean", "limit", *before)
    for metric, about in METRICS.items():
        if not (values := readings(rows, metric)):
            continue
        row = [about.label, str(len(values)), number(metric, mean(values.values()))]
        row.append(number(metric, limits[metric]) if metric in limits else "")
        if each := compare_all.get(metric):
            row += [number(metric, each.before), *gain(each), _mark(each)]
        table.add_row(*row)
    return table


def _mark(difference: Difference) -> str:
    """Say when the whole interval lies on one side of no change."""
    if difference.low <= 0 <= difference.high:
        return ""
    return "better" if (difference.low > 0) is METRICS[difference.metric].higher else "worse"


def tell(url: str, body: dict[str, Any]) -> None:
    """Tell the webhook if there is one; that it cannot be told does not change what was found."""
    try:
        if url:
            post(url, body)
    except WebhookError as error:
        Console(stderr=True).print(f"warning: {error}", markup=False, highlight=False, soft_wrap=True)
