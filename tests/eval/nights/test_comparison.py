"""Differences, their intervals and tests: hand arithmetic, and equality with SciPy; and what the command prints."""

import argparse
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from eval.commands import compare as command
from eval.golden.question import GoldenQuestion
from eval.nights.comparison import CompareError, by_kind, compare_all, compare_metric, comparisons, readings, swings
from eval.nights.history import History, HistoryError
from eval.score.row import Row, RowError, to_line
from eval.score.scoring import unreplied
from tests.support.nights import night


def row(name: str, kind: str = "detail", **figures: float) -> Row:
    return Row(GoldenQuestion(name, kind, "甲？", "zh", "answered", ["5.3"], [], []), "answered", figures=figures)


def rows(metric: str, **values: float) -> list[Row]:
    return [replace(row(name), figures={metric: value}) for name, value in values.items()]


def test_every_row_has_been_replied_to_or_not() -> None:
    found = readings([row("a"), unreplied(row("b").question, "timed out")], "replied")
    assert found == {"a": 1.0, "b": 0.0}
    assert readings([row("a", hit_1=1), row("b")], "hit_1") == {"a": 1}


def test_only_questions_that_both_have_are_compared_by_id() -> None:
    before = rows("hit_1", a=1, b=1, c=0, old=0)
    found = compare_metric("hit_1", before, rows("hit_1", new=1, c=1, b=0, a=1))
    assert found
    assert (found.n, found.before, found.after, found.mean) == (3, 2 / 3, 2 / 3, 0)
    assert [(c.id, c.before, c.after) for c in found.changed] == [("b", 1, 0), ("c", 0, 1)]
    assert compare_metric("hit_1", before, rows("hit_1", other=1)) is None
    assert compare_metric("status", before, before) is None


def test_the_greatest_loss_is_first_also_where_less_is_better() -> None:
    before, after = rows("ask_ms", a=100, b=100, c=100, d=100), rows("ask_ms", a=110, b=90, c=300, d=100)
    found = compare_metric("ask_ms", before, after)
    assert found
    assert [c.id for c in found.changed] == ["c", "a", "b"]
    shares = compare_metric("key_points", rows("key_points", a=1, b=1, c=0), rows("key_points", a=0.5, b=0.25, c=1))
    assert shares
    assert [c.id for c in shares.changed] == ["b", "a", "c"]


def test_equal_gains_have_an_interval_of_no_width() -> None:
    found = compare_metric("key_points", rows("key_points", a=0.75, b=1), rows("key_points", a=0.25, b=0.5))
    assert found
    assert (found.low, found.high, found.mean) == (-0.5, -0.5, -0.5)


def test_the_interval_is_near_that_of_scipy() -> None:
    draw = random.Random(5)
    old = {f"q{i}": draw.random() for i in range(150)}
    new = {name: min(1.0, value * 0.8 + 0.3 * draw.random()) for name, value in old.items()}
    found = compare_metric("similarity", rows("similarity", **old), rows("similarity", **new))
    gains = [new[name] - old[name] for name in old]
    theirs = scipy.stats.bootstrap((gains,), np.mean, n_resamples=5000, method="percentile", rng=3).confidence_interval
    assert found
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.003)


def test_one_significant_figure_among_many_needs_a_smaller_p() -> None:
    # Six losses of six: p = 2/64 = 0.031, and twice that with another figure.
    lost = [row(f"q{i}", hit_1=1, status=1) for i in range(6)], [row(f"q{i}", hit_1=0, status=1) for i in range(6)]
    found = {each.difference.metric: each for each in comparisons(*lost)}
    assert list(found) == ["hit_1", "status", "replied"]
    assert (found["hit_1"].p, found["hit_1"].holm, found["hit_1"].significant) == (2 / 64, 6 / 64, False)
    # Nine of nine: 2/512 * 3 is below 0.05.
    lost = [row(f"q{i}", hit_1=1, status=1) for i in range(9)], [row(f"q{i}", hit_1=0, status=1) for i in range(9)]
    assert [each.significant for each in comparisons(*lost)] == [True, False, False]


def test_runs_without_a_common_question_are_not_compared() -> None:
    with pytest.raises(CompareError, match="no question in common"):
        comparisons(rows("hit_1", a=1), rows("hit_1", b=1))
    assert compare_all([], rows("hit_1", b=1)) == []


def test_kinds_are_compared_apart() -> None:
    before = [row("a", "detail", hit_1=1), row("b", "terse", hit_1=1), row("c", "structure", status=1)]
    after = [row("a", "detail", hit_1=0), row("b", "terse", hit_1=1), row("c", "structure", status=1)]
    assert {kind: (each.n, each.mean) for kind, each in by_kind("hit_1", before, after).items()} == {
        "detail": (1, -1.0),
        "terse": (1, 0.0),
    }


def test_questions_that_moved_are_ordered_by_the_sum_of_their_hard_gains() -> None:
    before = [row("a", hit_1=1, status=1, ask_ms=1), row("b", hit_1=0), row("c", hit_1=1, ask_ms=1), row("d", ask_ms=9)]
    after = [row("a", hit_1=0, status=0, ask_ms=1), row("b", hit_1=1), row("c", hit_1=0, ask_ms=9), row("d", ask_ms=1)]
    found = swings(compare_all(before, after))
    assert [(each.id, each.gain, list(each.changes)) for each in found] == [
        ("a", -2, ["hit_1", "status"]),
        ("c", -1, ["hit_1"]),  # time is no hard figure
        ("b", 1, ["hit_1"]),
    ]


def call(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return command.main(parser.parse_args(arguments))


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Night 1 finds half as many at once as night 0, of another index."""
    path = tmp_path / "history.sqlite"
    History(path).add(*night(0))
    History(path).add(*night(1, hit_1=0.4375, index="v2"))
    return path


def test_two_runs_of_the_history_are_compared(
    history: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert call("20250101T020000Z", "20250102T020000Z", "--history", str(history)) == 0
    shown = capsys.readouterr().out
    assert "B: 40 questions, extractive on index v2" in shown
    # 28 and 14 of 32; 14 losses of 14, sampled.
    line = next(line for line in shown.splitlines() if line.strip().startswith("hit@1 "))
    assert line.split()[:5] == ["hit@1", "32", "0.875", "0.438", "-0.438"]
    assert line.split()[-2:] == ["<0.001", "worse"]
    assert "status as expected, by kind" in shown
    assert "Questions that changed most, of 14 that changed" in shown
    assert "hit@1 1 -> 0, MRR 1 -> 0.333" in shown
    assert "…" not in shown


def test_files_of_rows_are_compared_too(history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(to_line(each) + "\n" for each in night(0)[1][:30]), encoding="utf-8")
    assert call(str(file), "20250101T020000Z", "--history", str(history)) == 0
    shown = capsys.readouterr().out
    assert "30 questions are in both, 0 only in A, 10 only in B" in shown
    assert "No question changed" in shown


def test_what_cannot_be_compared_is_named(history: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    with pytest.raises(FileNotFoundError, match=r"rows\.jsonl"):
        call(str(file), str(file))
    file.write_text(to_line(row("other", hit_1=1)) + "\n[]\n", encoding="utf-8")
    with pytest.raises(RowError, match="line 2"):
        call(str(file), str(file))
    file.write_bytes(b"\xff\n")
    with pytest.raises(CompareError, match="no file of rows"):
        call(str(file), str(file))
    file.write_text(to_line(row("other", hit_1=1)) + "\n", encoding="utf-8")
    with pytest.raises(CompareError, match=r"rows\.jsonl and 20250101T020000Z: .*no question in common"):
        call(str(file), "20250101T020000Z", "--history", str(history))
    with pytest.raises(HistoryError, match="has no run 'yesterday'; the latest are 20250101T020000Z"):
        call("yesterday", str(file), "--history", str(history))
