"""ask the golden questions, keep every row and the run in the history"""

import argparse
import asyncio
import json
import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from eval.commands import DONE, bars, console, positive
from eval.commands.trust import TRUST
from eval.golden.question import GOLDEN, GoldenQuestion, load
from eval.judge.line import PRIORITY
from eval.judge.prompts import PROMPTS_VERSION
from eval.nights.history import HISTORY, History
from eval.nights.run import Plan, RowFile, RunError, Step, add, fingerprint, identify, measure, sample
from eval.score.likeness import EMBEDDER, Likeness
from eval.score.row import JUDGE_METRICS, METRICS, RUN, Row, Run, average

EPILOG = (
    "A run that was stopped goes on where it was when it is started again with the same --out. "
    "Exit status: 0 measured, 2 not measured; `python -m eval gate` says whether it got worse."
)
SETTINGS = ("concurrency", "timeout", "sample", "repeats", "judge_at_once", "impolite")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", default="http://127.0.0.1:8000", help="address of the service")
    parser.add_argument("--golden", type=Path, default=GOLDEN, help="questions, one JSON object a line")
    parser.add_argument("--out", type=Path, help="folder of the run; by default var/eval/runs/ and the date")
    parser.add_argument("--history", type=Path, default=HISTORY, help="SQLite file that keeps all runs")
    parser.add_argument("--sample", type=positive, help="so many questions, of each kind its share, always the same")
    parser.add_argument("--concurrency", type=positive, default=2, help="questions asked at once")
    parser.add_argument("--timeout", type=float, default=180, help="seconds that a reply may take")
    parser.add_argument("--impolite", action="store_true", help="do not wait while others are being answered")
    parser.add_argument("--embedder", type=Path, default=EMBEDDER, help="folder of the model that compares texts")
    parser.add_argument("--judge", help="OpenAI-compatible server whose model judges the answers, up to /v1")
    parser.add_argument("--judge-model", help="the model's name there; by default its first")
    parser.add_argument("--judge-at-once", type=positive, default=2, help="requests to the judge at once")
    parser.add_argument("--judge-timeout", type=float, default=180, help="seconds that a request to the judge may take")
    parser.add_argument(
        "--judged",
        nargs="+",
        choices=JUDGE_METRICS,
        metavar="FIGURE",
        help=f"of {', '.join(JUDGE_METRICS)}: only these",
    )
    parser.add_argument("--no-priority", action="store_true", help="for judges other than vLLM")
    parser.add_argument("--trust", type=Path, default=TRUST, help="what `python -m eval trust` found of the judge")
    parser.add_argument("--repeats", type=positive, default=1, help="times that each answer is judged")


def main(options: argparse.Namespace) -> int:
    questions = sample(load(options.golden), options.sample)
    version, generator = asyncio.run(identify(options.target, questions))
    now = datetime.now(UTC)
    out = options.out or Path("var/eval/runs") / f"{now:%Y-%m-%d}"
    run = _take_up(
        out,
        Run(
            id=f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z",
            started=now.isoformat(timespec="seconds"),
            finished="",
            target=options.target,
            golden=options.golden.name,
            golden_sha256=fingerprint(questions),
            index_version=version,
            generator=generator,
            judge=options.judge_model or options.judge or "",
            revision=_revision(),
            settings={name: str(value) for name, value in vars(options).items() if name in SETTINGS},
        ),
    )
    rows, judge = _measure(options, out, questions)
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    run = replace(run, finished=finished, settings={**run.settings, **judge})
    (out / "run.json").write_text(json.dumps(asdict(run), indent=1) + "\n", "utf-8")
    History(options.history).add(run, rows)
    _tell(run, rows, out)
    return DONE


def _take_up(out: Path, run: Run) -> Run:
    """Return the run that the folder holds when it is the same one, else begin it there; raises RunError."""
    record = out / "run.json"
    if not record.exists():
        out.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(asdict(run), indent=1) + "\n", "utf-8")
        return run
    try:
        begun = RUN.validate_json(record.read_bytes())
    except ValidationError as error:
        raise RunError(f"{record} is damaged ({error.errors()[0]['msg']}); name another --out") from error
    differences = {"finished": begun.finished, "questions": begun.golden_sha256 != run.golden_sha256}
    differences |= {
        name: getattr(begun, name) != getattr(run, name) for name in ("target", "index_version", "generator")
    }
    if differs := [name for name, is_so in differences.items() if is_so]:
        raise RunError(f"{out} holds another run ({', '.join(differs)}); name another --out, or remove it")
    return begun


def _measure(
    options: argparse.Namespace, out: Path, questions: Sequence[GoldenQuestion]
) -> tuple[list[Row], dict[str, str]]:
    """Return the rows, and what is known of the judge."""
    plan = Plan(options.target, options.concurrency, options.timeout, not options.impolite)
    with bars(console) as progress:
        task = progress.add_task("Asking", total=len(questions))

        async def all_of_it() -> tuple[list[Row], dict[str, str]]:
            async with AsyncExitStack() as stack:
                steps, judge = _likeness_step(options.embedder), dict[str, str]()
                if options.judge:
                    step, judge = await _judging(options, stack)
                    steps.append(step)
                file = RowFile(out / "rows.jsonl")
                rows = await measure(plan, questions, file, steps, lambda: progress.advance(task))
                return rows, judge | _trust(options.trust, judge.get("judge_model"))

        return asyncio.run(all_of_it())


def _likeness_step(folder: Path) -> list[Step]:
    if not folder.is_dir():
        console.print(f"no model in {folder}: answers are not compared with the evidence", style="yellow")
        return []
    likeness = Likeness(folder)

    async def compared(row: Row) -> Row:
        return add(row, await asyncio.to_thread(likeness.score, row), {})

    return [compared]


async def _judging(options: argparse.Namespace, stack: AsyncExitStack) -> tuple[Step, dict[str, str]]:
    """Return the step that judges a row, and the judge's name and prompts; raises JudgeError."""
    from eval.judge.ragas_scores import Judge

    judge = await stack.enter_async_context(
        Judge(
            options.judge,
            options.judge_model,
            concurrency=options.judge_at_once,
            repeats=options.repeats,
            timeout=options.judge_timeout,
            embedder=options.embedder,
            wanted=options.judged or JUDGE_METRICS,
            priority=None if options.no_priority else PRIORITY,
        )
    )
    about = {"judge_model": await judge.check(), "judge_prompts": PROMPTS_VERSION}

    async def step(row: Row) -> Row:
        judgement = await judge.judge(row)
        return add(row, judgement.figures, judgement.failures)

    return step, about


def _trust(file: Path, model: str | None) -> dict[str, str]:
    """Return what `python -m eval trust` found of this judge; nothing when it was another one or none."""
    if model is None or not file.is_file():
        return {}
    trust: dict[str, str] = json.loads(file.read_text("utf-8"))
    return trust if trust.get("judge_model") == model else {}


def _revision() -> str:
    """The revision of this checkout, or what EVAL_REVISION says where there is none."""
    if named := os.environ.get("EVAL_REVISION"):
        return named
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return described.stdout.strip()


def _tell(run: Run, rows: Sequence[Row], out: Path) -> None:
    for name, metric in METRICS.items():
        value = average(rows, name)
        if value is not None:
            figure = f"{value:.0f} ms" if metric.unit else f"{value:.3f}"
            count = sum(name in row.figures for row in rows)
            print(f"{metric.label:<40} {figure:>9}  of {count}")
    for reason, count in Counter(f"{m}: {r}" for row in rows for m, r in row.failures.items()).most_common(10):
        print(f"not measured, {count} times: {reason}")
    print(f"run {run.id} in {out}; `python -m eval report` and `python -m eval gate` read it from the history")
