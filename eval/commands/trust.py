"""hold a judge's labels against those that people gave the same answers"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from eval.commands import DONE, FAILED, bars, columns, console, positive
from eval.golden.question import GoldenQuestion
from eval.judge.line import PRIORITY
from eval.judge.trust import LABELLED, LABELS, PARTLY, SUPPORTED, LabelledAnswer, Trust, load, measure
from eval.score.exchange import Passage
from eval.score.likeness import EMBEDDER, Likeness
from eval.score.row import Row

EPILOG = "Exit status: 0 measured, 2 not measured, or over 2 % of the answers were not judged."
FIGURES = {"faithfulness": "faithfulness", "groundedness": "response groundedness"}
MOST_UNJUDGED = 0.02
TRUST = Path("var/eval/trust.json")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--judge", required=True, help="OpenAI-compatible server, up to /v1")
    parser.add_argument("--model", help="the model's name there; by default its first")
    parser.add_argument("--labels", type=Path, default=LABELLED, help="labelled answers, one JSON object a line")
    parser.add_argument("--embedder", type=Path, default=EMBEDDER, help="folder of the model that compares texts")
    parser.add_argument("--concurrency", type=positive, default=2, help="requests to the judge at once")
    parser.add_argument("--repeats", type=positive, default=1, help="times that each answer is judged")
    parser.add_argument("--timeout", type=float, default=180, help="seconds that a request may take")
    parser.add_argument("--out", type=Path, default=TRUST, help="kept here for the runs that this judge takes part in")
    parser.add_argument("--judged", nargs="+", choices=FIGURES, default=list(FIGURES), help="only these figures")
    parser.add_argument("--no-priority", action="store_true", help="for servers other than vLLM")


def main(options: argparse.Namespace) -> int:
    answers = load(options.labels)
    rows, model = asyncio.run(_judged(options, answers))
    out = Console()
    print(f"{len(answers)} answers; a score of {SUPPORTED} or more is supported, one over {PARTLY} partly, else not.")
    for name, title in ((name, FIGURES[name]) for name in options.judged):
        worth = _show(out, title, answers, [row.figures.get(name) for row in rows])
        if worth and name == "faithfulness":
            _keep(options.out, model, worth)
    if options.embedder.is_dir():
        likeness = Likeness(options.embedder)
        alone = [likeness.carried(answer.answer, answer.contexts) for answer in answers]
        _show(out, "sentences supported, without a judge", answers, alone)
    else:
        console.print(f"no model in {options.embedder}: nothing to compare the judge with", style="yellow")
    for reason, count in Counter(f"{m}: {r}" for row in rows for m, r in row.failures.items()).most_common(10):
        print(f"not judged, {count} times: {reason}")
    return FAILED if sum(bool(row.failures) for row in rows) > MOST_UNJUDGED * len(rows) else DONE


async def _judged(options: argparse.Namespace, answers: Sequence[LabelledAnswer]) -> tuple[list[Row], str]:
    from eval.judge.ragas_scores import Judge
    from eval.nights.run import add

    async with Judge(
        options.judge,
        options.model,
        concurrency=options.concurrency,
        repeats=options.repeats,
        timeout=options.timeout,
        wanted=options.judged,
        priority=None if options.no_priority else PRIORITY,
    ) as judge:
        model = await judge.check()
        with bars(console) as progress:
            task = progress.add_task("Judging", total=len(answers))

            async def one(answer: LabelledAnswer) -> Row:
                row = _row(answer)
                judgement = await judge.judge(row)
                progress.advance(task)
                return add(row, judgement.figures, judgement.failures)

            return await asyncio.gather(*map(one, answers)), model


def _row(answer: LabelledAnswer) -> Row:
    """Return an answer as if the search had found its contexts."""
    question = GoldenQuestion(answer.id, "detail", answer.question, "zh", "answered", [], [], [])
    passages = tuple(Passage(f"{answer.id}-{n}", None, "", text) for n, text in enumerate(answer.contexts))
    return Row(question, "answered", answer.answer, passages=passages)


def _show(out: Console, title: str, answers: Sequence[LabelledAnswer], scores: Sequence[float | None]) -> Trust | None:
    pairs = [(a.label, s) for a, s in zip(answers, scores, strict=True) if s is not None]
    if not pairs:
        print(f"{title}: nothing judged")
        return None
    trust = measure([ours for ours, _ in pairs], [score for _, score in pairs])
    out.print(_table(title, trust))
    print(f"{trust.n} answers: agreement {trust.agreement}, kappa {trust.kappa}, weighted kappa {trust.weighted}\n")
    return trust


def _keep(path: Path, model: str, trust: Trust) -> None:
    """Write what the judge is worth, for `python -m eval run` to put beside its scores."""
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"judge_model": model, "judge_agreement": str(trust.agreement), "judge_kappa": str(trust.kappa)}
    path.write_text(json.dumps(record) + "\n", "utf-8")


def _table(title: str, trust: Trust) -> Table:
    table = columns(f"{title}: by hand (rows) and judged", "", *LABELS)
    for name, counts in zip(LABELS, trust.table, strict=True):
        table.add_row(name, *(str(count or "·") for count in counts))
    return table
