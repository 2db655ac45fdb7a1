"""`python -m eval golden`: ask a running service the golden questions and report how well it did."""

import argparse
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from eval import report
from eval.ask import GoldenError, TargetError, ask, load
from eval.golden.check import GOLDEN, KINDS

DONE, BROKEN, FAILED = 0, 1, 2
console = Console(stderr=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval", description="Measure a running service over HTTP.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "golden",
        help="ask the golden questions; score search, statuses and citations",
        epilog="Exit status: 0 measured, 1 measured but a citation guarantee is broken, 2 not measured.",
    )
    command.add_argument("--target", default="http://127.0.0.1:8000", help="address of the service")
    command.add_argument("--golden", type=Path, default=GOLDEN, help="questions, one JSON object a line")
    command.add_argument("--out", type=Path, help="write all figures and results here, as JSON")
    command.add_argument("--concurrency", type=_positive, default=4, help="questions asked at once")
    command.add_argument("--kind", choices=sorted(KINDS), help="only questions of this kind")
    options = parser.parse_args(arguments)
    try:
        return _golden(options.target, options.golden, options.out, options.concurrency, options.kind)
    except (GoldenError, TargetError, OSError) as error:
        console.print(f"[red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return FAILED


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"at least 1, not {number}")
    return number


def _golden(target: str, golden: Path, out: Path | None, concurrency: int, kind: str | None) -> int:
    questions = load(golden, kind)
    if out and not out.parent.is_dir():  # better now than after all questions
        raise FileNotFoundError(f"the folder of --out {str(out)!r} does not exist")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        task = bars.add_task("Asking", total=len(questions))
        asked = ask(target, questions, concurrency, lambda: bars.advance(task))
    scores = [report.score(each) for each in asked]
    report.show(scores, Console())
    if out:
        made = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "target": target,
            "golden": golden.name,
            "golden_sha256": hashlib.sha256(golden.read_bytes()).hexdigest(),
        }
        text = json.dumps(made | report.to_json(asked, scores), ensure_ascii=False, indent=1)
        out.write_text(text + "\n", encoding="utf-8")
    return BROKEN if any(s.citing and not s.citing.sound for s in scores) else DONE


if __name__ == "__main__":
    sys.exit(main())
