"""the published figures: list them, write the tables made of them, or measure them again"""

import argparse
from collections.abc import Sequence

from rich.console import Console

from eval.commands import BROKEN, DONE, FAILED, columns, console
from eval.repro.again import Reading, measure_again
from eval.repro.expected import Expectation, Expected, ExpectedError, load
from eval.repro.pages import fill, language, with_tables

EPILOG = (
    "Figures are rows of eval/expected.yaml. Speeds are those of the machine named there: on another one they are "
    "outside. Exit status: 0 written, listed, or all within tolerance; 1 some outside; 2 some not measured."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="write the tables of the README and the documents")
    parser.add_argument("--again", nargs="*", metavar="ID", help="measure these again, all without an id")


def main(options: argparse.Namespace) -> int:
    expected = load()
    if options.write:
        for page in with_tables():
            page.write_text(fill(page.read_text("utf-8"), expected, language(page)), "utf-8")
    if options.again is not None:
        return _again(_chosen(expected, options.again))
    if not options.write:
        for each in expected.figures.values():
            print(f"{each.id:<24} {each.date}  {each.cell('text', 'en')}")
    return DONE


def _chosen(expected: Expected, ids: Sequence[str]) -> list[Expectation]:
    if unknown := [each for each in ids if each not in expected.figures]:
        raise ExpectedError(f"no published figure {unknown[0]!r}; there are {', '.join(expected.figures)}")
    return [expected.figures[each] for each in ids or expected.figures]


def _again(expectations: Sequence[Expectation]) -> int:
    readings = measure_again(expectations, lambda command: console.print(command, highlight=False, soft_wrap=True))
    table = columns("Published figures, measured again", "", "", "published", "tolerance", "now", "")
    for each in readings:
        now = f"{each.now:,.4g}" if isinstance(each.now, float) else "-"
        table.add_row(each.id, each.name, f"{each.value:,.4g}", f"{each.tolerance:,.4g}", now, _word(each))
    Console().print(table)
    for text in dict.fromkeys(f"{each.id}: {each.now}" for each in readings if isinstance(each.now, str)):
        console.print(f"not measured: {text}", markup=False, highlight=False, soft_wrap=True)
    words = {_word(each) for each in readings}
    return FAILED if "not measured" in words else BROKEN if "outside" in words else DONE


def _word(reading: Reading) -> str:
    return "not measured" if isinstance(reading.now, str) else "within" if reading.within else "outside"
