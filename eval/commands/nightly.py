"""run, report and gate in one: once, or every night at an hour"""

import argparse
import os
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType

from eval.commands import BROKEN, DONE, FAILED, console, gate, live, report, run
from eval.golden.question import GOLDEN
from eval.judge.line import JudgeError
from eval.nights.clock import hour, next_time
from eval.nights.webhook import trouble
from eval.score.likeness import LikenessError
from eval.score.row import RUN
from eval.traffic.store import HELP, VARIABLE, StoreError, named

EPILOG = "Exit status of a single night: 0 passed, 1 got worse or is beyond a limit, 2 could not be measured."
FIGURES = "night.prom"
OPTIONS = {  # options that are handed on as they are, by the command that takes them
    run: ("target", "golden", "sample", "concurrency", "timeout", "judge", "judge_model"),
    gate: ("against", "gates", "webhook"),
    report: (),
    live: ("store", "judge", "judge_model"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--at", type=_hour, help="hours and minutes, as 03:30, in the time zone of TZ; default: now")
    parser.add_argument("--folder", type=Path, default=Path("var/eval"), help="history, runs and reports go here")
    parser.add_argument("--target", default="http://127.0.0.1:8000", help="address of the service")
    parser.add_argument("--golden", default=str(GOLDEN), help="questions, one JSON object a line")
    parser.add_argument("--sample", help="so many questions, of each kind its share")
    parser.add_argument("--concurrency", help="questions asked at once")
    parser.add_argument("--timeout", help="seconds that a reply may take")
    parser.add_argument(
        "--store",
        type=named,
        default=os.environ.get(VARIABLE),
        help=f"a share of its live answers is scored too: {HELP}",
    )
    parser.add_argument("--judge", help="OpenAI-compatible server whose model judges the answers, up to /v1")
    parser.add_argument("--judge-model", help="the model's name there")
    parser.add_argument("--against", help="last (default), best, or the id of a run")
    parser.add_argument("--gates", help="TOML file of the limits")
    parser.add_argument("--when-worse", metavar="COMMAND", help="is run after a night that got worse, in a shell")
    parser.add_argument("--webhook", help=f"address that is told when it fails; by default that in {gate.WEBHOOK}")


def main(options: argparse.Namespace) -> int:
    if options.at is None:
        return _night(options)
    while True:
        now = datetime.now().astimezone()
        begins = next_time(now, options.at)
        console.print(f"next night: {begins:%Y-%m-%d %H:%M %Z}", highlight=False)
        time.sleep(max(0.0, begins.timestamp() - now.timestamp()))
        try:
            _night(options)
        except Exception as error:  # the next night must come whatever this one met
            console.print(f"error: {error}", style="red", highlight=False, soft_wrap=True)


def _night(options: argparse.Namespace) -> int:
    """Measure, report and judge, and leave for Prometheus whether it passed."""
    passed = False
    try:
        status = _measured(options)
        passed = status == DONE
        if status == BROKEN and options.when_worse:
            code = subprocess.run(options.when_worse, shell=True).returncode
            console.print(f"{options.when_worse!r} ended with {code}", highlight=False)
        if options.store:
            _score_live(options)
        return status
    finally:
        _leave(options.folder / FIGURES, passed)


def _score_live(options: argparse.Namespace) -> None:
    """Score live answers too; what hinders that says nothing about the night."""
    try:
        _call(live, options, ["--folder", str(options.folder)])
    except (StoreError, LikenessError, JudgeError) as error:
        console.print(f"live answers are not scored: {error}", style="yellow", highlight=False, soft_wrap=True)


def _leave(path: Path, passed: bool) -> None:
    """Write figures as the node exporter's textfile collector reads them, at once or not at all."""
    told = {"outline_qa_night_passed": int(passed), "outline_qa_night_finished_seconds": int(time.time())}
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text("".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in told.items()), "utf-8")
    new.replace(path)


def _measured(options: argparse.Namespace) -> int:
    """Measure, then report and judge what was measured; tells the webhook when nothing could be."""
    history = ["--history", str(options.folder / "history.sqlite")]
    out = _folder(options.folder / "runs")
    try:
        _call(run, options, [*history, "--out", str(out)])
    except Exception as error:
        gate.tell(options.webhook or os.environ.get(gate.WEBHOOK, ""), trouble(str(error)))
        raise
    which = ["--run", RUN.validate_json((out / "run.json").read_bytes()).id]
    report_status = _call(report, options, [*history, *which, "--out", str(options.folder / "report" / out.name)])
    verdict = _call(gate, options, [*history, *which])
    return verdict if report_status == DONE else max(verdict, FAILED)


def _call(command: ModuleType, options: argparse.Namespace, more: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    given = {name: getattr(options, name) for name in OPTIONS[command]}
    shared = [f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None]
    return int(command.main(parser.parse_args([*shared, *more])))


def _folder(runs: Path) -> Path:
    """Return today's folder: a new one, or the one whose run was stopped."""
    today = f"{datetime.now().astimezone():%Y-%m-%d}"
    for n in range(1, 1000):
        folder = runs / (today if n == 1 else f"{today}-{n}")
        record = folder / "run.json"
        if not record.exists() or not RUN.validate_json(record.read_bytes()).finished:
            return folder
    raise FileExistsError(f"{runs} has a thousand runs of {today}; remove some")


def _hour(text: str) -> object:
    try:
        return hour(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
