"""say whether people ask other things than before, or get other answers, and what they ask in vain"""

import argparse
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from eval.commands import BROKEN, DONE, columns, fixed, positive, probability
from eval.grow.feedback import masked
from eval.traffic.samples import DAY, FIGURES, UNANSWERED, Contrast, Request, Shift, compare, gaps, read, subjects
from eval.traffic.store import HELP, STORE, named

EPILOG = (
    "The last days are compared with those before, as far as the store reaches. The interval is a bootstrap and p a "
    "permutation test, both by visitor; Holm's correction is over the table. Exit status: 0 as before, 1 drifted, "
    "2 not compared."
)
SHOWN = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", type=named, default=STORE, help=HELP)
    parser.add_argument("--days", type=positive, default=7, help="how many days are the last ones")


def main(options: argparse.Namespace) -> int:
    since = time.time() - options.days * DAY
    requests = read(options.store)
    before, after = ([a for a in requests if (a.created >= since) is recent] for recent in (False, True))
    contrast = compare(before, after)
    console = Console()
    console.print(table(f"The last {options.days} days and those before", "before", "after", contrast))
    if contrast.other_subjects:
        console.print(_subjects(before, after))
    _say_gaps(console, after)
    return BROKEN if contrast.differ else DONE


def table(title: str, before: str, after: str, contrast: Contrast) -> Table:
    """Make a table of figures in two samples, and of their subjects' stability index."""
    made = columns(title, "", before, after, "change", "95 % from", "to", "p", "")
    for shift in contrast.figures:
        figures = (_number(shift, value) for value in (shift.before, shift.after))
        moved = (_number(shift, value, "+") for value in (shift.difference, shift.low, shift.high))
        made.add_row(FIGURES[shift.name].label, *figures, *moved, probability(shift.p), _verdict(shift))
    made.add_section()
    differ = "differ" if contrast.other_subjects else ""
    made.add_row("subjects", "", "", f"{contrast.index:.3f}", "", "", probability(contrast.p), differ)
    made.caption = "marked: significant at 5 % with Holm's correction; subjects: stability index, from 0.25 a shift"
    made.caption_justify = "left"
    return made


def _number(shift: Shift, value: float, sign: str = "") -> str:
    return fixed(value, 0 if shift.name == "first" else 3, sign)


def _verdict(shift: Shift) -> str:
    if not shift.significant:
        return ""
    gain = shift.difference * FIGURES[shift.name].better
    return "better" if gain > 0 else "worse" if gain < 0 else "differ"


def _subjects(before: Sequence[Request], after: Sequence[Request]) -> Table:
    made = columns("What the first citation is of", "", "before", "after", "change")
    for name, was, now in subjects(before, after)[:SHOWN]:
        made.add_row(name or "nothing cited", f"{was:.3f}", f"{now:.3f}", f"{now - was:+.3f}")
    return made


def _say_gaps(console: Console, requests: Sequence[Request]) -> None:
    """Print what most visitors asked in vain: what the documents lack."""
    groups = gaps(requests)
    if not groups:
        console.print("No question that got no answer was asked by more than one visitor.")
        return
    console.print("Asked in vain most often: visitors, and how it was answered")
    for group in groups[:SHOWN]:
        status = "listed without an answer" if group[0].status == UNANSWERED[0] else "not in the documents"
        line = f"  {len({a.visitor for a in group}):4}  {masked(group[0].question.strip())}  ({status})"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
