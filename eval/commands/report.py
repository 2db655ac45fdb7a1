"""write the report of a night: a page, a message for chat, and a file for CI"""

import argparse
from pathlib import Path

from rich.console import Console

from eval.commands import DONE
from eval.nights import gate
from eval.nights.gate import GATES, Gates
from eval.nights.history import HISTORY, History, HistoryError
from eval.report.headline import headline_of
from eval.report.night import Night, Report, compose
from eval.report.summary import to_junit, to_markdown
from eval.score.row import Run

EPILOG = "Exit status: 0 written, whatever it says; `python -m eval gate` has one that tells how the night was."
OUT = Path("var/eval/report")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--history", type=Path, default=HISTORY, help="SQLite file that keeps all runs")
    parser.add_argument("--run", help="id of the run to report; by default the latest")
    parser.add_argument("--gates", type=Path, default=GATES, help="TOML file of the limits")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for report.html, report.md and report.xml")


def main(options: argparse.Namespace) -> int:
    from eval.report.page.html import render

    history = History(options.history)
    run = history.run(options.run) if options.run else _latest(history)
    report = _report(history, run, gate.load(options.gates))
    options.out.mkdir(parents=True, exist_ok=True)
    written = {"report.html": render(report), "report.md": to_markdown(report), "report.xml": to_junit(report)}
    for name, text in written.items():
        (options.out / name).write_text(text, "utf-8")
    Console().print(headline_of(report).sentence, markup=False, highlight=False, soft_wrap=True)
    Console().print(f"Written to {options.out}: {', '.join(written)}", markup=False, highlight=False, soft_wrap=True)
    return DONE


def _latest(history: History) -> Run:
    if runs := history.runs():
        return runs[-1]
    raise HistoryError(f"the history {str(history.path)!r} has no runs; `python -m eval run` adds one")


def _report(history: History, run: Run, gates: Gates) -> Report:
    """Read a run and what it is compared with, and hold it against the gate as `python -m eval gate` does."""
    alike = [each for each in history.runs(run.golden_sha256) if (each.started, each.id) <= (run.started, run.id)]
    figures = history.figures(*(each.id for each in alike))
    night = Night(run, history.rows(run.id))
    last, best = (gate.choose(run, alike, figures, which, gates.allowed.replied) for which in ("last", "best"))
    before = Night(last, history.rows(last.id)) if last else None
    top = before if best == last else Night(best, history.rows(best.id)) if best else None
    verdict = gate.hold(run, night.rows, gates, (before.run, before.rows) if before else None)
    return compose(night, before, top, [(each, figures[each.id]) for each in alike], verdict)
