"""What is added is read back, figures are those of the rows, and a file that cannot be used is named."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.golden.question import GoldenQuestion
from eval.nights.history import Figure, History, HistoryError, summarise
from eval.score.row import Row
from eval.score.significance import bootstrap
from tests.support.nights import night


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "new" / "history.sqlite", patience=0.05)


def row(name: str, kind: str, **figures: float) -> Row:
    return Row(GoldenQuestion(name, kind, "甲\u2028乙？", "zh", "answered", [], [], []), "answered", figures=figures)


def test_what_is_added_is_read_back(history: History) -> None:
    run, rows = night(3, judge="m", unjudged=0.5, silent=0.1)
    odd = replace(rows[0], answer="甲\u2028乙\r\n\x1f𠀀", citations=rows[0].citations * 2)
    run = replace(run, settings={"concurrency": "2"})
    history.add(run, [odd, *rows[1:]])
    assert history.runs() == [run]
    assert history.run(run.id) == run
    assert history.rows(run.id) == [odd, *rows[1:]]


def test_runs_are_oldest_first_and_of_one_set_of_questions(history: History) -> None:
    nights = {n: night(n, questions=5, golden="b" * 64 if n == 2 else "a" * 64) for n in (4, 2, 1, 3)}
    for each in nights.values():
        history.add(*each)
    assert history.runs() == [nights[n][0] for n in (1, 2, 3, 4)]
    assert history.runs("a" * 64) == [nights[n][0] for n in (1, 3, 4)]
    assert history.runs("c" * 64) == []


def test_a_run_takes_the_place_of_one_of_its_id(history: History) -> None:
    run, rows = night(1)
    history.add(run, rows)
    history.add(replace(run, index_version="v2"), rows[:3])
    assert [each.index_version for each in history.runs()] == ["v2"]
    assert history.rows(run.id) == rows[:3]
    assert history.figures()[run.id]["all", "status"].n == 3


def test_a_run_without_rows_is_kept(history: History) -> None:
    run, _ = night(1)
    history.add(run, [])
    assert history.rows(run.id) == []
    assert history.figures(run.id) == {run.id: {}}


def test_figures_are_the_means_by_kind_and_of_all_with_their_intervals() -> None:
    rows = [row("a", "detail", hit_1=1, status=1), row("b", "detail", hit_1=0), row("c", "terse", status=1)]
    lost = Row(rows[0].question, "failed", failures={"replied": "timed out"})
    figures = summarise([*rows, replace(lost, question=replace(lost.question, id="d", kind="terse"))])
    assert figures["detail", "hit_1"] == Figure(0.5, *bootstrap([1, 0]), 2)
    assert figures["all", "hit_1"] == figures["detail", "hit_1"]
    assert figures["all", "status"] == Figure(1, 1, 1, 2)
    assert figures["terse", "replied"] == Figure(0.5, *bootstrap([1, 0]), 2)
    assert ("terse", "hit_1") not in figures


def test_figures_are_kept_for_every_run(history: History) -> None:
    nights = [night(n, questions=10, hit_1=n / 8) for n in range(3)]
    for each in nights:
        history.add(*each)
    assert history.figures() == {run.id: summarise(rows) for run, rows in nights}
    (run, rows), _, _ = nights
    assert history.figures(run.id, "unknown") == {run.id: summarise(rows), "unknown": {}}


def test_before_the_first_night_there_are_no_runs_and_no_file(history: History) -> None:
    assert (history.runs(), history.figures()) == ([], {})
    with pytest.raises(HistoryError, match=r"has no run 'x'; it has none; `python -m eval run` adds one"):
        history.run("x")
    assert not history.path.parent.exists()


def test_an_unknown_run_is_named_with_the_latest_ones(history: History) -> None:
    for n in range(4):
        history.add(*night(n, questions=2))
    latest = "20250102T020000Z, 20250103T020000Z, 20250104T020000Z"
    with pytest.raises(HistoryError, match=f"has no run 'x'; the latest are {latest}"):
        history.rows("x")


def test_a_figure_that_is_no_number_is_refused(history: History) -> None:
    run, rows = night(1, questions=2)
    with pytest.raises(HistoryError, match="question 'q-000': figure 'faithfulness' is nan"):
        history.add(run, [replace(rows[0], figures={"faithfulness": float("nan")}), rows[1]])


def test_a_full_disk_is_said_and_the_runs_of_before_are_kept(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, lost = night(1, questions=5), night(2, questions=40)
    history.add(*kept)
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def tight(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes what the file has already
        return connection

    monkeypatch.setattr(sqlite3, "connect", tight)
    with pytest.raises(HistoryError, match=r"disk is full; free some space and try again; the runs of before are kept"):
        history.add(*lost)
    monkeypatch.undo()
    assert history.rows(kept[0].id) == kept[1]
    assert history.runs() == [kept[0]]
    history.add(*lost)
    assert history.runs() == [kept[0], lost[0]]


def test_a_file_that_a_full_disk_left_empty_is_as_good_as_none(history: History) -> None:
    history.path.parent.mkdir()
    history.path.touch()
    assert history.runs() == []
    history.add(*night(1, questions=2))
    assert len(history.runs()) == 1


def test_a_locked_file_is_said(history: History) -> None:
    history.add(*night(1, questions=2))
    other = sqlite3.connect(history.path)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(HistoryError, match="locked; another process is writing it; try again"):
        history.add(*night(2, questions=2))
    with pytest.raises(HistoryError, match="locked"):
        history.runs()
    other.close()
    assert len(history.runs()) == 1


def test_a_file_of_another_kind_is_left_as_it_is(history: History) -> None:
    history.path.parent.mkdir()
    history.path.write_text("date,hit_1\n" * 100, encoding="utf-8")
    before = history.path.read_bytes()
    for use in (lambda: history.add(*night(1, questions=2)), history.runs):
        with pytest.raises(HistoryError, match="not a database; move it away"):
            use()
    assert history.path.read_bytes() == before


def test_a_database_of_another_program_is_left_as_it_is(history: History) -> None:
    history.path.parent.mkdir()
    with sqlite3.connect(history.path) as other:
        other.execute("CREATE TABLE answers (id TEXT)")
    other.close()
    before = history.path.read_bytes()
    for use in (lambda: history.add(*night(1, questions=2)), history.runs):
        with pytest.raises(HistoryError, match="is no history of runs; name another file with --history"):
            use()
    assert history.path.read_bytes() == before


def test_a_newer_schema_is_not_touched(history: History) -> None:
    history.add(*night(1, questions=2))
    with sqlite3.connect(history.path) as newer:
        newer.execute("PRAGMA user_version = 2")
    newer.close()
    for use in (lambda: history.add(*night(2, questions=2)), history.runs):
        with pytest.raises(HistoryError, match=r"newer version \(schema 2, this one knows 1\); update"):
            use()


def test_damaged_pages_and_rows_are_said(history: History) -> None:
    run, rows = night(1)
    history.add(run, rows)
    with sqlite3.connect(history.path) as other:
        other.execute("UPDATE runs SET lines = substr(lines, 1, 50)")
    with pytest.raises(HistoryError, match=r"the rows of run '20250102T020000Z' .* are damaged"):
        history.rows(run.id)
    with other:
        other.execute("UPDATE runs SET run = '{}'")
    other.close()
    with pytest.raises(HistoryError, match=r"a run in .* is damaged: Field required"):
        history.runs()
    whole = history.path.read_bytes()
    history.path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(HistoryError, match="malformed; move it away and put a copy"):
        history.runs()


def test_a_path_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match=r"cannot use the history '.*/file/h\.sqlite'.*name another"):
        History(tmp_path / "file" / "h.sqlite").add(*night(1, questions=2))
    with pytest.raises(HistoryError, match="unable to open database file; check the path"):
        History(tmp_path).runs()
