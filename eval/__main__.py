"""`python -m eval`: measure a running service over HTTP, keep what was measured, and say whether it got worse."""

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType

from rich.markup import escape

from eval.ask.chat import ModelError
from eval.ask.client import TargetError
from eval.commands import (
    FAILED,
    ab,
    accept,
    compare,
    console,
    drift,
    figures,
    gate,
    generate,
    golden,
    live,
    nightly,
    promote_feedback,
    report,
    robustness,
    run,
    shadow,
    trust,
    vain,
)
from eval.golden.question import GoldenError
from eval.grow.candidates import CandidateError
from eval.grow.entries import OutlineError
from eval.judge.line import JudgeError
from eval.judge.trust import TrustError
from eval.nights.comparison import CompareError
from eval.nights.gate import GateError
from eval.nights.history import HistoryError
from eval.nights.run import RunError
from eval.repro.expected import ExpectedError
from eval.robust.effects import RobustnessError
from eval.robust.launch import LaunchError
from eval.score.likeness import LikenessError
from eval.score.row import RowError
from eval.traffic.samples import TrafficError
from eval.traffic.store import StoreError

COMMANDS: dict[str, ModuleType] = {
    "run": run,
    "report": report,
    "gate": gate,
    "nightly": nightly,
    "compare": compare,
    "robustness": robustness,
    "generate": generate,
    "drift": drift,
    "live": live,
    "vain": vain,
    "ab": ab,
    "shadow": shadow,
    "promote-feedback": promote_feedback,
    "accept": accept,
    "trust": trust,
    "golden": golden,
    "figures": figures,
}
ERRORS = (
    GoldenError,
    TargetError,
    RowError,
    RunError,
    HistoryError,
    GateError,
    CompareError,
    OutlineError,
    ModelError,
    LaunchError,
    RobustnessError,
    CandidateError,
    StoreError,
    TrafficError,
    JudgeError,
    TrustError,
    LikenessError,
    ExpectedError,
    OSError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval", description=(__doc__ or "").partition(": ")[2])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in COMMANDS.items():
        about = (module.__doc__ or "").split("\n")[0]
        command = commands.add_parser(name, help=about, description=about, epilog=getattr(module, "EPILOG", None))
        module.arguments(command)
    options = parser.parse_args(arguments)
    try:
        return int(COMMANDS[options.command].main(options))
    except ERRORS as error:
        console.print(f"[red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
