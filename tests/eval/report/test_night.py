"""What a report tells, against figures counted by hand, and the command that writes it."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.commands import DONE, report
from eval.golden.question import GoldenQuestion
from eval.nights.comparison import Comparison, Difference
from eval.nights.gate import Gates, Verdict, hold
from eval.nights.history import ALL, History, HistoryError, summarise
from eval.report.night import Night, Report, compose, standing
from eval.score.row import Row, Run
from tests.support.nights import night

RUN, _ = night(0)


def row(name: str, given: str = "answered", *, kind: str = "detail", expected: str = "answered", **more: Any) -> Row:
    question = GoldenQuestion(name, kind, f"{name}？", "zh", expected, ["5.3"], [], [])
    figures = {"status": float(given == expected), "replied": 1.0}
    made = Row(question, given, figures=figures)
    return replace(made, **{**more, "figures": figures | more.get("figures", {})})


def composed(rows: list[Row], before: list[Row] | None = None, run: Run = RUN) -> Report:
    last = Night(replace(RUN, id="before", revision="old"), before) if before else None
    return compose(Night(run, rows), last, None, [(run, summarise(rows))], Verdict(run, None, ()))


def test_tiles_hold_the_mean_and_its_paired_difference() -> None:
    before = [row("a"), row("b", "declined"), row("c"), row("gone")]
    made = composed([row("a"), row("b"), row("c"), row("d", "declined")], before)
    status = made.tiles[0]
    assert (status.metric, status.figure.mean, status.figure.n) == ("status", 0.75, 4)
    assert status.last
    # On a, b and c alone: 2/3 before, 3/3 now.
    assert (status.last.difference.n, status.last.difference.mean) == (3, pytest.approx(1 / 3))
    assert status.best is None
    assert [tile.metric for tile in made.tiles] == ["status"]


def test_a_night_without_a_common_question_is_not_compared() -> None:
    made = composed([row("a")], [row("b")])
    assert made.last
    assert made.last.tested == {}
    assert made.tiles[0].last is None


@pytest.mark.parametrize(
    ("metric", "low", "high", "sure", "said"),
    [
        ("status", -0.3, -0.1, True, "worse"),
        ("status", -0.3, -0.1, False, "perhaps worse"),
        ("status", 0.1, 0.3, True, "better"),
        ("status", 0.1, 0.3, False, "perhaps better"),
        ("status", -0.1, 0.3, False, "same"),
        ("ask_ms", 10, 30, True, "worse"),
        ("ask_ms", -30, -10, False, "perhaps better"),
    ],
)
def test_a_difference_is_sure_only_among_all_figures(
    metric: str, low: float, high: float, sure: bool, said: str
) -> None:
    found = Difference(metric, 9, 1.0, 1.0 + (low + high) / 2, low, high, ())
    assert standing(Comparison(found, 0.01, 0.04 if sure else 0.2, sure)) == said


def test_those_that_lost_the_status_fell_deepest_then_those_that_lost_most() -> None:
    before = [row(name, figures={"key_points": 1.0, "hit_1": 1.0}) for name in "abcd"]
    before.append(row("e", "declined"))
    now = [
        row("a", figures={"key_points": 0.5, "hit_1": 1.0}),
        row("b", figures={"key_points": 0.5, "hit_1": 0.0}),
        row("c", "declined"),
        row("d", figures={"key_points": 1.0, "hit_1": 1.0}),
        row("e", "declined"),
        row("new", "declined"),
    ]
    made = composed(now, before)
    assert [(each.now.question.id, list(each.drops)) for each in made.regressions] == [
        ("c", ["status"]),
        ("b", ["hit_1", "key_points"]),
        ("a", ["key_points"]),
    ]
    assert made.regressions[0].before == before[2]
    assert [(each.now.question.id, each.before) for each in made.wrong] == [("e", before[4]), ("new", None)]


def test_what_gave_no_reply_fell() -> None:
    lost = Row(row("a").question, "failed", failures={"replied": "timed out"})
    made = composed([lost, row("b")], [row("a"), row("b")])
    assert [list(each.drops) for each in made.regressions] == [["replied"]]


def test_statuses_are_counted_by_what_was_expected_and_given() -> None:
    made = composed([row("a"), row("b"), row("c", "declined"), row("d", expected="not_in_documents")])
    assert made.confusion == {
        ("answered", "answered"): 2,
        ("answered", "declined"): 1,
        ("not_in_documents", "answered"): 1,
    }


def test_variants_are_held_against_their_plain_questions_and_left_out_of_all_else() -> None:
    rows = [row("a"), row("b"), row("a#typos", "declined"), row("b#typos"), row("a#english")]
    made = composed(rows)
    assert (made.n, made.tiles[0].figure.mean, made.kinds[ALL, "status"].n) == (2, 1.0, 2)
    assert [(each.name, each.n) for each in made.variants] == [("english", 1), ("typos", 2)]
    typos = made.variants[1]
    assert (typos.figures["status"].mean, typos.differences["status"].mean) == (0.5, -0.5)
    assert [change.id for change in typos.differences["status"].changed] == ["a"]


def test_a_run_of_variants_alone_has_figures_but_no_differences() -> None:
    made = composed([row("a#typos", "declined"), row("b#typos")])
    assert (made.n, made.variants[0].figures["status"].mean) == (2, 0.5)
    assert made.variants[0].differences == {}


def test_degraded_answers_are_counted_by_reason() -> None:
    rows = [row("a"), row("b", degraded="no model"), row("c", degraded="no model"), row("d", degraded="slow")]
    assert composed(rows).degraded == {"no model": 2, "slow": 1}


def test_settings_tell_what_was_another_last_night() -> None:
    before = replace(RUN, id="x", started="earlier", revision="old", settings={"timeout": "9"})
    after = replace(RUN, settings={"timeout": "9", "sample": "30"})
    made = compose(Night(after, [row("a")]), Night(before, [row("a")]), None, [], Verdict(after, None, ()))
    assert {each.name: each.before for each in made.settings if each.before is not None} == {
        "revision": "old",
        "sample": "",
    }
    assert all(each.before is None for each in composed([row("a")]).settings)


def test_trends_mark_the_nights_on_which_something_changed() -> None:
    nights = [night(n, index=f"v{n // 2}", status=0.9 + n / 40) for n in range(4)]
    run, rows = nights[-1]
    rows = [*rows, replace(rows[0], question=replace(rows[0].question, id="q-000#typos"), figures={"status": 0.0})]
    past = [(run, summarise(rows)) for run, rows in nights[:-1]] + [(run, summarise(rows))]
    made = compose(Night(run, rows), None, None, past, Verdict(run, None, ()))
    status = made.trends[0]
    assert [point.figure.mean for point in status.points] == [0.9, 0.925, 0.95, 0.975]
    assert [point.changed for point in status.points] == [False, False, True, False]
    assert compose(Night(run, rows), None, None, past[-1:], Verdict(run, None, ())).trends == ()


def options(*given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    report.arguments(parser)
    return parser.parse_args(given)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.sqlite"
    kept = History(path)
    for n, status in enumerate((0.95, 0.975, 0.95, 0.5)):
        kept.add(*night(n, status=status))
    kept.add(*night(9, golden="b" * 64))
    return path


def test_the_command_reports_a_run_against_the_night_before_and_the_best(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, rows = night(3, status=0.5)
    out = tmp_path / "new" / "folder"
    assert report.main(options("--history", str(history), "--run", run.id, "--out", str(out))) == DONE
    page, message, results = ((out / f"report.{end}").read_text("utf-8") for end in ("html", "md", "xml"))
    said = capsys.readouterr().out
    assert "Worse than last night in status as expected" in said
    assert "the best night (2025-01-02)" in said
    findings = hold(run, rows, Gates(), night(2, status=0.95)).findings
    assert findings
    for text in (page, message, results):
        assert "Worse than last night" in text or "<testsuite" in text
        assert findings[0].text.split(";")[0] in text
    assert "20250103T020000Z" in page


def test_the_command_takes_the_latest_run_and_only_nights_with_its_questions(history: Path, tmp_path: Path) -> None:
    assert report.main(options("--history", str(history), "--out", str(tmp_path))) == DONE
    message = (tmp_path / "report.md").read_text("utf-8")
    assert message.startswith("**Evaluation of 2025-01-10, 40 questions.** There is no earlier night")
    assert "nights with the same questions" not in (tmp_path / "report.html").read_text("utf-8")


def test_a_past_night_is_reported_as_it_was_seen_then(history: Path, tmp_path: Path) -> None:
    assert report.main(options("--history", str(history), "--run", night(1)[0].id, "--out", str(tmp_path))) == DONE
    assert "2 nights, 0.950 on the first and 0.975 on the last" in (tmp_path / "report.html").read_text("utf-8")


def test_a_run_or_history_that_is_not_there_is_told(history: Path, tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="no run 'never'"):
        report.main(options("--history", str(history), "--run", "never", "--out", str(tmp_path)))
    with pytest.raises(HistoryError, match="has no runs"):
        report.main(options("--history", str(tmp_path / "none.sqlite"), "--out", str(tmp_path)))
    assert not list(tmp_path.glob("report.*"))
