"""score a share of the answers that people really got, without golden questions, and by a judge where one is named"""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from eval.commands import DONE, bars, columns, console, fixed, positive
from eval.judge.line import PRIORITY, JudgeError
from eval.nights.run import add
from eval.score.likeness import EMBEDDER, Likeness
from eval.score.row import METRICS, Row, values
from eval.score.significance import bootstrap
from eval.traffic.live import sampled
from eval.traffic.samples import DAY
from eval.traffic.store import HELP, STORE, named

EPILOG = (
    "The store is only read. Figures are means with a bootstrap's 95 % interval; what has no quotes, and what was not "
    "answered, is in those alone that apply. Exit status: 0 scored, 2 not."
)
JUDGED = ("faithfulness", "groundedness", "answer_relevancy")  # those that need no evidence
FIGURES = "live.prom"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", type=named, default=STORE, help=HELP)
    parser.add_argument("--days", type=positive, default=1, help="how many days back")
    parser.add_argument("--share", type=_share, default=0.1, help="of the answers, from 0 to 1; always the same ones")
    parser.add_argument("--folder", type=Path, default=Path("var/eval"), help=f"{FIGURES} for Prometheus goes here")
    parser.add_argument("--embedder", type=Path, default=EMBEDDER, help="folder of the model that compares texts")
    parser.add_argument("--judge", help="OpenAI-compatible server whose model judges the answers, up to /v1")
    parser.add_argument("--judge-model", help="the model's name there; by default its first")


def main(options: argparse.Namespace) -> int:
    rows = sampled(options.store, time.time() - options.days * DAY, options.share)
    rows = asyncio.run(_scored(options, rows))
    means = {name: _mean(list(found.values())) for name in METRICS if (found := values(rows, name))}
    table = columns(f"{len(rows)} answers of the last {options.days} days", "", "mean", "95 % from", "to", "of")
    for name, (mean, low, high, count) in means.items():
        table.add_row(METRICS[name].label, *(fixed(each, 3) for each in (mean, low, high)), str(count))
    Console().print(table)
    for reason, count in Counter(f"{m}: {r}" for row in rows for m, r in row.failures.items()).most_common(5):
        print(f"not measured, {count} times: {reason}")
    _leave(options.folder / FIGURES, len(rows), {name: mean for name, (mean, *_) in means.items()})
    return DONE


async def _scored(options: argparse.Namespace, rows: Sequence[Row]) -> list[Row]:
    """Add what a model says: how far quotes carry what is stated, and the judge's figures."""
    scored = list(rows)
    if options.embedder.is_dir():
        likeness = Likeness(options.embedder)
        scored = [add(row, await asyncio.to_thread(likeness.score, row), {}) for row in scored]
    else:
        console.print(f"no model in {options.embedder}: answers are not held against their quotes", style="yellow")
    if not options.judge:
        return scored
    try:
        return await _judged(options, scored)
    except JudgeError as error:  # the other figures stand
        console.print(f"not judged: {error}", style="yellow", highlight=False, soft_wrap=True)
        return scored


async def _judged(options: argparse.Namespace, rows: Sequence[Row]) -> list[Row]:
    from eval.judge.ragas_scores import Judge

    judged = []
    async with Judge(
        options.judge, options.judge_model, embedder=options.embedder, wanted=JUDGED, priority=PRIORITY
    ) as judge:
        await judge.check()
        with bars(console) as progress:
            for row in progress.track(rows, description="Judging"):
                judgement = await judge.judge(row)
                judged.append(add(row, judgement.figures, judgement.failures))
    return judged


def _mean(numbers: Sequence[float]) -> tuple[float, float, float, int]:
    return sum(numbers) / len(numbers), *bootstrap(numbers), len(numbers)


def _leave(path: Path, answers: int, means: dict[str, float]) -> None:
    """Write figures as the node exporter's textfile collector reads them, at once or not at all."""
    lines = ["# TYPE outline_qa_live_answers gauge", f"outline_qa_live_answers {answers}"]
    lines += ["# TYPE outline_qa_live_mean gauge"] if means else []
    lines += [f'outline_qa_live_mean{{figure="{name}"}} {mean:.6g}' for name, mean in means.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text("\n".join(lines) + "\n", "utf-8")
    new.replace(path)


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"above 0 and at most 1, not {text}")
    return share
