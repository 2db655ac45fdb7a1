"""Commands run again, and what they give against what is published."""

from dataclasses import replace

import pytest

from eval.commands import BROKEN, DONE, FAILED
from eval.commands.figures import _again
from eval.repro.again import figures_of, measure_again
from eval.repro.expected import Expectation

RULER = "python -m tests.support.ruler"
ROW = Expectation(
    "hit", "first", f"{RULER} hit=0.91 far=2 --status 1", "d", {"hit": (0.93, 0.02)}, "{hit}", "m", "2026-11-28"
)


def test_a_command_runs_once_for_all_its_rows() -> None:
    began: list[str] = []
    rows = [ROW, replace(ROW, id="far", values={"far": (1, 0.5), "gone": (1, 0.5)})]
    hit, far, gone = measure_again(rows, began.append)
    assert began == [ROW.command]
    assert (hit.now, hit.within) == (0.91, True)
    assert (far.now, far.within) == (2, False)
    assert (gone.now, gone.within) == ("the command does not give it", False)


def test_settings_are_those_of_the_row_alone() -> None:
    rows = [replace(ROW, values={"ruler": (3, 0)}, settings={"RULER": "3"}), ROW]
    began: list[str] = []
    assert [each.within for each in measure_again(rows, began.append)] == [True, True]
    assert began == [f"RULER=3 {ROW.command}", ROW.command]


def test_what_cannot_be_measured_says_why() -> None:
    assert figures_of(f"{RULER} --status 3", {}) == "no figures, exit status 3"
    assert figures_of("make test-browser", {}) == "not measured by a command"


@pytest.mark.parametrize(
    ("values", "status", "word"),
    [({"hit": (0.93, 0.02)}, DONE, "within"), ({"hit": (0.93, 0.01)}, BROKEN, "outside"), ({"x": (1, 1)}, FAILED, "-")],
)
def test_the_table_and_the_status_tell(
    values: dict[str, tuple[float, float]], status: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _again([replace(ROW, values=values)]) == status
    assert word in capsys.readouterr().out
