"""ask the golden questions; score search, statuses and citations"""

import argparse
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from eval.ask.client import ask_all
from eval.commands import BROKEN, DONE, bars, console, positive
from eval.golden.question import GOLDEN, KINDS, load
from eval.score import tables
from eval.score.figures import assess

EPILOG = "Exit status: 0 measured, 1 measured but a citation guarantee is broken, 2 not measured."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", default="http://127.0.0.1:8000", help="address of the service")
    parser.add_argument("--golden", type=Path, default=GOLDEN, help="questions, one JSON object a line")
    parser.add_argument("--out", type=Path, help="write all figures and results here, as JSON")
    parser.add_argument("--json", type=Path, help="write the figures that are published here, a number for each name")
    parser.add_argument("--concurrency", type=positive, default=4, help="questions asked at once")
    parser.add_argument("--kind", choices=sorted(KINDS), help="only questions of this kind")


def main(options: argparse.Namespace) -> int:
    questions = load(options.golden, options.kind)
    if options.out and not options.out.parent.is_dir():  # better now than after all questions
        raise FileNotFoundError(f"the folder of --out {str(options.out)!r} does not exist")
    with bars(console) as progress:
        task = progress.add_task("Asking", total=len(questions))
        exchanges = ask_all(options.target, questions, options.concurrency, lambda: progress.advance(task))
    assessments = [assess(each) for each in exchanges]
    tables.show(assessments, Console())
    if options.out:
        made = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "target": options.target,
            "golden": options.golden.name,
            "golden_sha256": hashlib.sha256(options.golden.read_bytes()).hexdigest(),
        }
        text = json.dumps(made | tables.to_json(exchanges, assessments), ensure_ascii=False, indent=1)
        options.out.write_text(text + "\n", encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps({"figures": tables.to_figures(assessments)}, indent=1) + "\n", "utf-8")
    return BROKEN if any(s.citing and not s.citing.sound for s in assessments) else DONE
