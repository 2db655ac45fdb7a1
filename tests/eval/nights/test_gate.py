"""What fails a night and what leaves it unmeasured, on nights with a seeded fault; and what the command prints."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.nights.gate import GATES, Allowed, Finding, GateError, Gates, Verdict, choose, hold, load
from eval.nights.history import History, HistoryError, summarise
from eval.score.row import METRICS, average
from tests.support.gate import Night, call, keep
from tests.support.nights import night


def faults(verdict: Verdict) -> set[tuple[str, str]]:
    return {(finding.metric, finding.fault) for finding in verdict.findings}


def without(metric: str, of: Night) -> Night:
    """Take a figure from all rows."""
    run, rows = of
    return run, [replace(r, figures={k: v for k, v in r.figures.items() if k != metric}) for r in rows]


def failing(metric: str, n: int, of: Night) -> Night:
    """Let the measuring of a figure fail in the first n rows."""
    run, rows = without(metric, of)
    failed = [replace(row, failures=row.failures | {metric: "out of memory"}) for row in rows[:n]]
    return run, failed + of[1][n:]


# Each fault, the exit status, and a finding that must be among those of the night.
SEEDED: dict[str, tuple[Callable[[int], Night], int, tuple[str, str]]] = {
    "reranker off": (lambda n: night(n, hit_1=0.75), 1, ("hit_1", "regression")),
    "search broken": (lambda n: night(n, hit_1=0, hit_3=0, hit_5=0), 1, ("hit_5", "floor")),
    "chunks cut mid-sentence": (lambda n: night(n, unbroken=0.9), 1, ("unbroken", "floor")),
    "quotes made up": (lambda n: night(n, verbatim=0.9), 1, ("verbatim", "floor")),
    "one statement without a mark": (lambda n: night(n, marked=21 / 22), 1, ("marked", "floor")),
    "generator invents": (lambda n: night(n, supported=0.7), 1, ("supported", "regression")),
    "generator says half": (lambda n: night(n, key_points=0.4), 1, ("key_points", "regression")),
    "writer fails, extracts instead": (lambda n: night(n, whole=0.6), 1, ("whole", "floor")),
    "refuses what it knows": (lambda n: night(n, status=0.8), 1, ("status", "regression")),
    "judge returns rubbish": (lambda n: night(n, judge="m", unjudged=0.1), 2, ("judge", "unjudged")),
    "judge is down": (lambda n: night(n, judge="m", unjudged=1.0), 2, ("judge", "unjudged")),
    "service times out now and then": (lambda n: night(n, silent=0.05), 1, ("replied", "floor")),
    "service times out": (lambda n: night(n, silent=0.2), 2, ("replied", "unmeasured")),
    "service is down": (lambda n: night(n, silent=1.0), 2, ("replied", "unmeasured")),
    "no rows": (lambda n: (night(n)[0], []), 2, ("all", "unmeasured")),
    "model that compares texts is gone": (lambda n: without("supported", night(n)), 2, ("supported", "unmeasured")),
    "search could not be scored": (lambda n: failing("hit_1", 3, night(n)), 2, ("hit_1", "unmeasured")),
    "nothing": (night, 0, ("", "")),
    "a judge that works": (lambda n: night(n, judge="m"), 0, ("", "")),
    "it got better": (lambda n: night(n, hit_1=0.9375, status=1.0, key_points=1.0), 0, ("", "")),
    "a slower night": (lambda n: night(n, ask_ms=900), 0, ("", "")),
}


@pytest.mark.parametrize("fault", SEEDED)
def test_a_seeded_fault_is_caught(fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed, status, finding = SEEDED[fault]
    run, rows = seed(1)
    found = faults(hold(run, rows, load(), night(0)))
    assert (finding in found) if status else not found
    assert call("--history", keep(tmp_path, night(0), (run, rows))) == status
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"Run {run.id} " + ["passed", "failed", "could not be measured"][status]


def test_what_is_certainly_worse_comes_before_what_was_not_measured() -> None:
    run, rows = night(1, judge="m", unjudged=0.5, verbatim=0.5)
    verdict = hold(run, rows, load())
    assert {("judge", "unjudged"), ("verbatim", "floor")} <= faults(verdict)
    assert verdict.status == "regression"


def test_a_metric_regressed_when_the_whole_interval_is_below() -> None:
    # Of 32 questions, 3 that got worse are left out by (29/32)**32 = 4 % of the resamples, 4 by 1.4 %.
    assert hold(*night(1, hit_1=25 / 32), Gates(), night(0)).findings == ()
    (finding,) = [f for f in hold(*night(1, hit_1=24 / 32), Gates(), night(0)).findings if f.metric == "hit_1"]
    assert (finding.fault, finding.value, finding.limit, len(finding.ids)) == ("regression", -4 / 32, 0, 4)
    assert finding.text.startswith("hit@1 went from 0.8750 to 0.7500 since run 20250101T020000Z: -0.1250, 95% interval")
    assert f"over 32 questions; questions {', '.join(finding.ids)}" in finding.text


def test_a_tolerance_is_taken_from_the_interval() -> None:
    worse = night(1, hit_1=24 / 32)
    high = next(d.high for d in hold(*worse, Gates(), night(0)).differences if d.metric == "hit_1")
    assert high == -1 / 32
    assert ("hit_1", "regression") in faults(hold(*worse, Gates(least={"hit_1": 0.03}), night(0)))
    assert ("hit_1", "regression") not in faults(hold(*worse, Gates(least={"hit_1": 0.04}), night(0)))


def test_a_higher_level_asks_for_more() -> None:
    assert ("hit_1", "regression") not in faults(hold(*night(1, hit_1=24 / 32), Gates(level=0.99), night(0)))


def test_judged_figures_and_times_do_not_fail_a_night_by_themselves() -> None:
    old, new = night(0, judge="m"), night(1, judge="m", faithfulness=0.1, search_ms=900)
    assert hold(*new, Gates(), old).findings == ()


def test_limits_are_held_by_the_mean() -> None:
    run, rows = night(1, hit_1=24 / 32, ask_ms=200, verbatim=1.0)
    # 40 rows: five turns of seven speeds, and 140 to 220 ms.
    mean = (35 * 200 + 140 + 160 + 180 + 200 + 220) / 40
    assert hold(run, rows, Gates(floors={"hit_1": 0.75, "verbatim": 1}, ceilings={"ask_ms": mean})).findings == ()
    floor, ceiling = hold(run, rows, Gates(floors={"hit_1": 0.76}, ceilings={"ask_ms": 197})).findings
    assert (floor.metric, floor.fault, floor.value, floor.limit, len(floor.ids)) == ("hit_1", "floor", 0.75, 0.76, 8)
    assert floor.text.startswith("hit@1 is 0.7500, below its floor of 0.7600; questions q-")
    assert floor.text.endswith(" and 3 more")
    assert (ceiling.fault, ceiling.value, ceiling.limit) == ("ceiling", pytest.approx(mean), 197)
    assert hold(run, rows, Gates(ceilings={"ask_ms": 197})).status == "regression"
    assert ceiling.text.startswith("answer is 198 ms, above its ceiling of 197 ms; questions q-006")  # 260 ms


def test_what_may_be_missing_is_a_share() -> None:
    # 2 of 40 are 5 %.
    assert (
        hold(*failing("status", 2, night(1)), Gates(allowed=Allowed(unmeasured=0.05), floors={"status": 0.9})).findings
        == ()
    )
    gates = Gates(allowed=Allowed(unmeasured=0.049), floors={"status": 0.9})
    (finding,) = hold(*failing("status", 2, night(1)), gates).findings
    assert finding == Finding(
        "status",
        "unmeasured",
        0.05,
        0.049,
        "status as expected was not measured for 5.0%, more than 4.9%; the first: out of memory",
        ("q-000", "q-001"),
    )


def test_a_night_with_just_enough_replies_was_measured() -> None:
    # 36 of 40 are 0.9; each of the four is wrong in its status.
    gates = Gates(allowed=Allowed(replied=0.9), floors={"status": 0.9})
    assert faults(hold(*night(1, silent=0.1, status=1.0), gates)) == set()
    assert faults(hold(*night(1, silent=0.125), gates)) == {("replied", "unmeasured")}


def test_each_fault_is_found_once() -> None:
    gone = hold(*without("hit_1", night(1)), Gates(floors={"hit_1": 0.8}), night(0))
    assert [(f.metric, f.fault) for f in gone.findings] == [("hit_1", "unmeasured")]
    rubbish = hold(*night(1, judge="m", unjudged=0.5, faithfulness=1.0), Gates(floors={"faithfulness": 0.5}))
    assert faults(rubbish) == {("judge", "unjudged")}


def test_unjudged_rows_are_counted_only_with_a_judge_and_over_judged_rows() -> None:
    run, rows = night(1, judge="m", unjudged=2 / 22)
    (finding,) = hold(run, rows, Gates()).findings
    assert (finding.fault, finding.value, len(finding.ids)) == ("unjudged", 2 / 22, 2)
    assert "gave no figure for 2 of 22 answers (9.1%), more than 2.0%; the first: the judge's reply is" in finding.text
    assert hold(run, rows, Gates(allowed=Allowed(unjudged=0.1))).findings == ()
    assert hold(replace(run, judge=""), rows, Gates()).findings == ()
    assert faults(hold(replace(run, judge="m"), night(1)[1], Gates())) == {("judge", "unjudged")}


def test_a_limit_that_nothing_has_is_not_kept() -> None:
    verdict = hold(*night(1), Gates(floors={"faithfulness": 0.5}))
    assert faults(verdict) == {("faithfulness", "unmeasured")}
    assert verdict.status == "unmeasured"


def test_other_questions_are_not_compared() -> None:
    other = hold(*night(1), Gates(), night(0, golden="b" * 64))
    assert (faults(other), other.differences) == ({("all", "unmeasured")}, ())
    run, rows = night(0)
    renamed = [replace(row, question=replace(row.question, id=f"x-{row.question.id}")) for row in rows]
    none = hold(*night(1), Gates(), (run, renamed))
    assert faults(none) == {("all", "unmeasured")}
    assert "no question was measured both" in none.findings[0].text


def test_the_baseline_is_an_earlier_night_on_the_same_questions_that_was_measured() -> None:
    nights = [night(0), night(1, hit_1=1.0), night(2), night(3, golden="b" * 64), night(4, silent=0.5), night(6)]
    figures = {run.id: summarise(rows) for run, rows in nights}
    runs, tonight = [run for run, _ in nights], night(5)[0]
    assert choose(tonight, runs, figures, "last", 0.9) == nights[2][0]
    assert choose(tonight, runs, figures, "last", 0.5) == nights[4][0]
    assert choose(tonight, runs, figures, "best", 0.9) == nights[1][0]
    # Nights 0 and 2 are as good as each other: the later one.
    assert choose(tonight, [runs[0], runs[2]], figures, "best", 0.9) == runs[2]
    assert choose(nights[0][0], runs, figures, "last", 0.9) is None
    assert choose(nights[3][0], runs, figures, "best", 0.9) is None


def test_the_committed_gates_are_met_by_the_service_of_today() -> None:
    gates = load()
    today = {"hit_1": 0.869, "hit_5": 0.972, "status": 0.93, "verbatim": 1.0, "marked": 1.0, "replied": 1}
    today |= {
        "whole": 0.797,
        "supported": 1.0,
        "key_points": 0.694,
        "unbroken": 1.0,
        "similarity": 0.908,
        "reciprocal_rank": 0.918,
    }
    assert {name: limit for name, limit in gates.floors.items() if limit > today.get(name, 0.869)} == {}
    assert (gates.floors["verbatim"], gates.floors["marked"], gates.allowed.unjudged, gates.level) == (1, 1, 0.02, 0.95)
    assert (Gates().allowed, Gates().level) == (gates.allowed, gates.level)
    assert not [name for name in gates.floors if not METRICS[name].hard]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("floors.hit_1 = 83", r"floors\.hit_1: Input should be less than or equal to 1, not 83"),
        ("floors.hit1 = 0.8", r"floors\.hit1: not one of hit_1, hit_3"),
        ("floors.ask_ms = 0.8", r"floors\.ask_ms: not one of"),
        ("ceilings.hit_1 = 0.8", r"ceilings\.hit_1: not one of noise, faults, search_ms, ask_ms"),
        ("least.hit_1 = 'a'", r"least\.hit_1: Input should be a valid number"),
        ("level = 1", "level: Input should be less than 1"),
        ("allowed.silent = 0.1", r"allowed\.silent: no such key"),
        ("[floor]\nhit_1 = 0.8", "floor: no such key"),
        ("level = ", r"cannot read the gates .*gates\.toml.: Invalid value"),
    ],
)
def test_a_fault_in_the_gates_is_named(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "gates.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(GateError, match=fault):
        load(file)
    with pytest.raises(GateError, match="No such file"):
        load(tmp_path / "none.toml")


def test_a_first_night_is_judged_by_its_limits_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = keep(tmp_path, night(0, golden="b" * 64), night(1))
    assert call("--history", history) == 0
    assert "no earlier run over the same questions" in capsys.readouterr().out
    assert call("--history", keep(tmp_path, night(2, golden="c" * 64, hit_1=0.5))) == 1
    shown = capsys.readouterr().out
    assert "floor: hit@1 is 0.5000, below its floor of 0.8300; questions " in shown


def test_the_table_has_limits_and_intervals_and_the_questions_that_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert call("--history", keep(tmp_path, night(0), night(1, hit_1=0.75, index="v2"))) == 1
    shown = capsys.readouterr().out
    line = next(line for line in shown.splitlines() if line.strip().startswith("hit@1 ")).split()
    assert line[:6] == ["hit@1", "32", "0.750", "0.830", "0.875", "-0.125"]
    assert line[-2:] == ["-0.031", "worse"]
    assert "Run     20250102T020000Z, index v2, generator extractive, revision 0000001" in shown
    assert "Questions that changed most, of 4 that changed" in shown
    assert "hit@1 1 -> 0, MRR 1 -> 0.333" in shown
    assert "…" not in shown


def test_a_run_and_its_baseline_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nights = [night(0), night(1, hit_1=1.0, hit_3=1.0, hit_5=1.0), night(2, hit_1=0.875), night(3, hit_1=0.5)]
    history = keep(tmp_path, *nights)
    ids = [run.id for run, _ in nights]
    assert call("--history", history, "--run", ids[2], "--against", ids[0]) == 0
    assert call("--history", history, "--run", ids[2], "--against", "best") == 1
    assert f"Against {ids[1]}" in capsys.readouterr().out
    assert call("--history", history) == 1
    with pytest.raises(GateError, match="is the run itself"):
        call("--history", history, "--against", ids[3])
    for unknown in ("--run", "--against"):
        with pytest.raises(HistoryError, match="has no run 'x'; the latest are"):
            call("--history", history, unknown, "x")


def test_other_gates_can_be_named(tmp_path: Path) -> None:
    gates = tmp_path / "gates.toml"
    gates.write_text(GATES.read_text("utf-8").replace("hit_1 = 0.83", "hit_1 = 0.88"), encoding="utf-8")
    history = keep(tmp_path, night(0))
    assert (call("--history", history), call("--history", history, "--gates", str(gates))) == (0, 1)


def test_an_empty_history_is_named(tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"'.*none\.sqlite' has no runs; `python -m eval run` adds one"):
        call("--history", str(tmp_path / "none.sqlite"))


def test_two_hundred_nights_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def hasty(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA synchronous = OFF")  # 200 waits for the disk would be the most of this test
        return connection

    monkeypatch.setattr(sqlite3, "connect", hasty)
    # Ones everywhere but in the search: less to resample.
    ones: dict[str, Any] = dict.fromkeys(
        ("hit_3", "hit_5", "status", "citation_precision", "key_points", "similarity"), 1.0
    )
    nights = [night(n, questions=20, noise=0.07, **(ones | {"hit_1": 15 / 16})) for n in range(200)]
    history = keep(tmp_path, *nights)
    assert len(History(Path(history)).figures()) == 200
    ids = [run.id for run, _ in nights]
    assert call("--history", history, "--run", ids[100]) == 0
    assert f"Against {ids[99]}" in capsys.readouterr().out
    assert call("--history", history, "--against", "best") == 0
    shown = capsys.readouterr().out
    assert f"Run     {ids[199]}" in shown
    best = max(range(199), key=lambda n: (average(nights[n][1], "hit_1"), n))  # the status is always 1
    assert f"Against {ids[best]}" in shown
