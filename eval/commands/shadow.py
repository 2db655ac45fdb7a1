"""compare what a candidate would have answered with what was shown: a table, a page, and whether it got worse"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from eval.commands import BROKEN, DONE, FAILED, columns, console, fixed, positive, probability
from eval.nights.run import add
from eval.report.page.shadow import shadow_page
from eval.score.likeness import EMBEDDER, Likeness
from eval.traffic.comparisons import RECORD, Movement, Pair, measured, movements, outcomes, read_pairs
from eval.traffic.samples import DAY

EPILOG = (
    "The record is only read. Both arms answered the same questions; intervals are paired bootstraps, p is a sign-flip "
    "test with Holm's correction over the table. Exit status: 0 nothing got worse, 1 something did beyond "
    "chance, 2 there is too little to tell. `python -m eval shadow && outline-qa trial promote` promotes by it."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--record", type=Path, default=RECORD, help="the service's file of compared answers")
    parser.add_argument("--days", type=positive, default=7, help="how many days back")
    parser.add_argument("--writer", help="only where the candidate wrote by this name, as answers give it")
    parser.add_argument("--least", type=positive, default=50, help="compared answers that are needed to decide")
    parser.add_argument("--out", type=Path, default=Path("var/eval/shadow.html"), help="the page")
    parser.add_argument("--embedder", type=Path, default=EMBEDDER, help="folder of the model that compares texts")


def main(options: argparse.Namespace) -> int:
    now = time.time()
    since = now - options.days * DAY
    pairs = read_pairs(options.record, since)
    pairs = [pair for pair in pairs if options.writer in (None, pair.candidate.writer)]
    pairs = asyncio.run(_supported(options.embedder, pairs))
    found = movements(pairs)
    days = tuple(time.strftime("%Y-%m-%d", time.localtime(at)) for at in (since, now))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(shadow_page(pairs, found, days), "utf-8")
    Console().print(_table(found, len(pairs)))
    print(", ".join(f"{count} {outcome}" for outcome, count in outcomes(pairs)) or "nothing was compared")
    print(f"the page is {options.out}")
    if len(pairs) < options.least:
        console.print(f"{len(pairs)} compared answers are too few to decide: {options.least} are needed (--least)")
        return FAILED
    return BROKEN if any(change.verdict == "worse" for change in found) else DONE


async def _supported(embedder: Path, pairs: Sequence[Pair]) -> list[Pair]:
    """Add how far quotes carry what is stated, where words were kept and there is a model."""
    if not any(pair.rows for pair in pairs) or not embedder.is_dir():
        return list(pairs)
    likeness = Likeness(embedder)
    return [
        measured(pair, [add(row, await asyncio.to_thread(likeness.score, row), {}) for row in pair.rows])
        if pair.rows
        else pair
        for pair in pairs
    ]


def _table(found: Sequence[Movement], pairs: int) -> Table:
    title = f"{pairs} answers: what was shown and the candidate's"
    made = columns(title, "", "shown", "candidate", "95 % from", "to", "p", "of", "")
    for each in found:
        digits = 0 if each.label.endswith("ms") else 3
        own = (fixed(value, digits) for value in (each.shown, each.candidate))
        moved = (fixed(value, digits, "+") for value in (each.low, each.high))
        made.add_row(each.label, *own, *moved, probability(each.p), str(each.pairs), each.verdict)
    return made
