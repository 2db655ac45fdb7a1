"""A run over HTTP: order, taking up what a kill left, faults of the service, full disks, and waiting for others."""

import asyncio
import json
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.ask.client import TargetError
from eval.golden.question import GoldenError, GoldenQuestion
from eval.nights.history import History
from eval.nights.run import GIVE_UP, Plan, RowFile, RunError, add, fingerprint, identify, measure, sample
from eval.score.row import Row, from_lines
from tests.support.stub_service import StubService, citation


def question(
    name: str, kind: str = "detail", entries: tuple[str, ...] = ("5.3",), status: str = "answered"
) -> GoldenQuestion:
    return GoldenQuestion(name, kind, f"LoRA {name}?", "en", status, list(entries), [], [])


def measured(stub: StubService, file: RowFile, questions: list[GoldenQuestion], **plan: object) -> list[Row]:
    return asyncio.run(measure(Plan(stub.url, **plan), questions, file))  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> RowFile:
    return RowFile(tmp_path / "rows.jsonl")


@pytest.mark.parametrize("concurrency", [1, 4])
def test_rows_are_written_in_the_order_of_the_questions(stub: StubService, file: RowFile, concurrency: int) -> None:
    questions = [question(f"q{n}") for n in range(9)]
    rows = measured(stub, file, questions, concurrency=concurrency)
    assert [row.question.id for row in rows] == [f"q{n}" for n in range(9)]
    assert file.read() == rows


def test_a_stopped_run_goes_on_and_asks_nothing_twice(stub: StubService, file: RowFile, tmp_path: Path) -> None:
    questions = [question(f"q{n}") for n in range(6)]
    whole = measured(stub, file, questions)
    path = tmp_path / "rows.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + lines[3][:40])  # as a kill in the middle of a line leaves it
    stub.requests.clear()
    again = measured(stub, file, questions)
    asked = [body["question"] for where, body in stub.requests if where == "/v1/ask"]
    assert sorted(asked) == ["LoRA q3?", "LoRA q4?", "LoRA q5?"]
    assert [row.question for row in again] == [row.question for row in whole]
    assert from_lines("rows", path.read_text("utf-8").splitlines()) == again


def test_a_service_that_times_out_is_a_row_that_failed(stub: StubService, file: RowFile) -> None:
    stub.hang = 0.5
    (row,) = measured(stub, file, [question("q1")], timeout=0.1)
    assert row.status == "failed"
    assert row.failures == {"replied": "timed out"}
    assert row.figures["replied"] == row.figures["status"] == row.figures["hit_1"] == 0.0


def test_a_reply_of_500_is_a_row_that_failed_and_the_run_goes_on(stub: StubService, file: RowFile) -> None:
    stub.good_for = 1
    rows = measured(stub, file, [question("q1"), question("q2")], concurrency=1)
    assert [row.status for row in rows] == ["answered", "failed"]
    assert "500" in rows[1].failures["replied"]


def test_a_service_that_is_gone_ends_the_run_and_keeps_the_rows(stub: StubService, file: RowFile) -> None:
    stub.good_for = 5
    with pytest.raises(TargetError, match=f"no reply to {GIVE_UP} questions in a row"):
        measured(stub, file, [question(f"q{n}") for n in range(40)], concurrency=1)  # so that they come in this order
    kept = file.read()
    assert [row.status for row in kept[:5]] == ["answered"] * 5
    assert len(kept) == 5 + GIVE_UP - 1


def test_a_full_disk_is_told_and_the_finished_rows_stay(stub: StubService, monkeypatch: pytest.MonkeyPatch) -> None:
    file = RowFile(Path("/dev/full"))
    monkeypatch.setattr(RowFile, "read", lambda self: [])
    with pytest.raises(RunError, match="No space left on device; the finished rows are kept"):
        measured(stub, file, [question("q1")])


def test_a_run_waits_while_others_are_being_answered(
    stub: StubService, file: RowFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    sleep, asked = asyncio.sleep, threading.current_thread()

    async def noted(seconds: float) -> None:
        if threading.current_thread() is not asked:  # a service of another test, which this one shares a process with
            await sleep(seconds)
            return
        waits.append(seconds)
        stub.in_flight = max(0, 3 - len(waits))
        await sleep(0)

    stub.in_flight = 3
    monkeypatch.setattr("eval.nights.run.asyncio.sleep", noted)
    measured(stub, file, [question("q1")])
    assert waits == [0.1, 0.2, 0.4]
    stub.in_flight = 3
    measured(stub, RowFile(file._path.with_name("other.jsonl")), [question("q1")], polite=False)
    assert len(waits) == 3


def test_steps_add_figures_before_the_row_is_kept(stub: StubService, file: RowFile) -> None:
    async def step(row: Row) -> Row:
        return add(row, {"similarity": 0.5}, {"faithfulness": "no JSON"})

    (row,) = asyncio.run(measure(Plan(stub.url), [question("q1")], file, [step]))
    assert row.figures["similarity"] == 0.5
    assert file.read()[0].failures == {"faithfulness": "no JSON"}


def test_unknown_entries_are_named(stub: StubService) -> None:
    with pytest.raises(GoldenError, match=r"1 entries .* \(q2: 9\.99\)"):
        asyncio.run(identify(stub.url, [question("q1"), question("q2", entries=("9.99",))]))
    assert asyncio.run(identify(stub.url, [question("q1")])) == ("v1", "extractive")


def test_a_sample_has_of_each_kind_its_share_and_is_always_the_same() -> None:
    questions = [
        question(f"{kind}{n}", kind) for kind, count in (("a", 60), ("b", 30), ("c", 10)) for n in range(count)
    ]
    drawn = sample(questions, 10)
    assert Counter(q.kind for q in drawn) == {"a": 6, "b": 3, "c": 1}
    assert drawn == sample(questions, 10) == [q for q in questions if q in drawn]
    assert {q.id for q in drawn} < {q.id for q in sample(questions, 20)}
    assert sample(questions, None) == sample(questions, 1000) == questions


def test_the_fingerprint_is_of_what_is_asked() -> None:
    asked = [question("q1"), question("q2")]
    assert fingerprint(asked) == fingerprint(list(asked))
    assert fingerprint(asked) != fingerprint(asked[:1])
    assert fingerprint(asked) != fingerprint([asked[0], replace(asked[1], question="?")])


@pytest.fixture
def golden(tmp_path: Path, stub: StubService) -> Path:
    stub.answers["LoRA q1?"] = {"answer": "LoRA 冻结原模型。 [1]", "citations": [citation(1, 0, 11)]}
    path = tmp_path / "golden.jsonl"
    fields = {"kind": "detail", "language": "en", "status": "answered", "evidence": [], "key_points": []}
    records = [{"id": f"q{n}", "question": f"LoRA q{n}?", "entries": ["5.3"], **fields} for n in (1, 2)]
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    return path


def command(stub: StubService, golden: Path, *more: str) -> int:
    folder = golden.parent
    options = ["--target", stub.url, "--golden", str(golden), "--out", str(folder / "run")]
    return main(["run", *options, "--history", str(folder / "h.sqlite"), "--embedder", str(folder / "none"), *more])


def test_a_run_ends_in_the_history(stub: StubService, golden: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(stub, golden) == 0
    said = capsys.readouterr()
    assert "answers are not compared" in said.err
    assert "MRR                                          0.500  of 2" in said.out
    history = History(golden.parent / "h.sqlite")
    (run,) = history.runs()
    assert (run.index_version, run.generator, run.golden) == ("v1", "extractive", "golden.jsonl")
    assert run.settings["concurrency"] == "2"
    rows = history.rows(run.id)
    assert [row.figures["status"] for row in rows] == [1.0, 1.0]
    assert rows[0].figures["verbatim"] == 1.0
    assert rows[0].passages[0].text == "LoRA"
    assert rows[0].timings_ms == {"embed": 3.0}


def test_a_folder_holds_one_run(stub: StubService, golden: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(stub, golden) == 0
    assert command(stub, golden) == 2
    assert "holds another run (finished); name another --out" in capsys.readouterr().err


def test_other_questions_do_not_go_on_with_a_run(
    stub: StubService, golden: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(stub, golden) == 0
    path = golden.parent / "run" / "run.json"
    begun = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**begun, "finished": ""}), "utf-8")
    assert command(stub, golden, "--sample", "1") == 2
    assert "holds another run (questions)" in capsys.readouterr().err
    path.write_text("{}", "utf-8")
    assert command(stub, golden) == 2
    assert "is damaged" in capsys.readouterr().err


def test_another_program_is_told_apart(golden: Path, stub: StubService, capsys: pytest.CaptureFixture[str]) -> None:
    stub.ready = False
    assert command(stub, golden) == 2
    assert "is not ready: no index" in capsys.readouterr().err
    assert not (golden.parent / "run").exists()
