"""Asking over HTTP: what is sent, what is kept, and what is said when it cannot be done."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from eval.ask.client import TargetError, ask_all
from eval.golden.question import GoldenError, GoldenQuestion, load
from tests.support.stub_service import DOCUMENT, StubService, citation

RECORD: dict[str, Any] = {
    "id": "q-1",
    "kind": "follow_up",
    "question": "它的缺点呢？",
    "language": "zh",
    "status": "answered",
    "entries": ["5.3"],
    "evidence": ["它只训练低秩矩阵。"],
    "key_points": ["低秩"],
    "history": [{"role": "user", "content": "什么是 LoRA？"}, {"role": "assistant", "content": "……"}],
}


def question(text: str = "它的缺点呢？") -> GoldenQuestion:
    return GoldenQuestion(**{**RECORD, "question": text})


def test_questions_are_read_and_filtered_by_kind(tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    plain = {key: value for key, value in RECORD.items() if key != "history"} | {"kind": "detail"}
    # U+2028 is a line end to str.splitlines, not to JSON lines.
    odd = RECORD | {"question": "甲\u2028乙"}
    lines = [json.dumps(plain), "", json.dumps(odd, ensure_ascii=False)]
    golden.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert load(golden) == [GoldenQuestion(**plain), GoldenQuestion(**odd)]
    assert load(golden, "detail") == [GoldenQuestion(**plain)]
    with pytest.raises(GoldenError, match="no questions of kind 'multi'"):
        load(golden, "multi")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"id": ', "line 2: .*JSON"),
        ("[]", "line 2: line: .*object"),
        (json.dumps(RECORD | {"entries": "5.3"}), "line 2: entries: "),
        (json.dumps({key: RECORD[key] for key in RECORD if key != "status"}), "line 2: status: .*required"),
        (json.dumps(RECORD | {"status": "unknown"}), "line 2: unknown status 'unknown', not one of answered"),
        (json.dumps(RECORD | {"kind": "riddle"}), "line 2: unknown kind 'riddle', not one of code"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, fault: str) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text(f"{json.dumps(RECORD)}\n{line}\n", encoding="utf-8")
    with pytest.raises(GoldenError, match=fault):
        load(golden)


def test_a_file_that_is_missing_empty_or_not_utf8_is_an_error(tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    with pytest.raises(GoldenError, match="No such file"):
        load(golden)
    golden.write_bytes(b"\n")
    with pytest.raises(GoldenError, match="has no questions"):
        load(golden)
    golden.write_bytes(b"\xff\n")
    with pytest.raises(GoldenError, match="utf-8"):
        load(golden)


def test_results_and_citations_are_kept_in_order(stub: StubService) -> None:
    wrong = citation(2, 0, 4, quote="QLoRA")
    outside = citation(3, 0, 999, quote="LoRA")
    stub.answers["甲"] = {"answer": "甲 [1][2][3]", "citations": [citation(1, 0, 11), wrong, outside]}
    stub.answers["乙"] = {"status": "declined", "answer": "不"}
    first, second = ask_all(stub.url, [question("甲"), question("乙")], concurrency=2)
    assert (first.question.question, first.searched, first.ranked) == ("甲", "甲", ("3.8", "5.3", "5.4"))
    assert [c.quote for c in first.reply.citations] == ["LoRA 冻结原模型。", "QLoRA", "LoRA"]
    assert [c.verbatim for c in first.reply.citations] == [True, False, False]
    assert first.reply.citations[0].document == DOCUMENT
    assert (second.reply.status, second.reply.citations) == ("declined", ())


def test_history_goes_with_both_requests(stub: StubService) -> None:
    ask_all(stub.url, [question()])
    assert [path for path, _ in stub.requests] == ["/v1/search", "/v1/ask"]
    assert all(body["history"] == RECORD["history"] for _, body in stub.requests)
    assert stub.requests[0][1]["k"] == 20


def test_progress_is_told_of_each_question(stub: StubService) -> None:
    told: list[None] = []
    ask_all(stub.url, [question("甲"), question("乙")], progress=lambda: told.append(None))
    assert len(told) == 2


def test_a_busy_service_is_asked_again_but_not_forever(stub: StubService) -> None:
    stub.busy = 2
    assert ask_all(stub.url, [question()])[0].reply.status == "answered"
    stub.busy = 100
    with pytest.raises(TargetError, match="/v1/search gave 429"):
        ask_all(stub.url, [question()])


def test_a_target_that_is_not_there_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound but not listening: refused
        port = free.getsockname()[1]
        with pytest.raises(TargetError, match=f"cannot reach 'http://127.0.0.1:{port}'.*python -m service"):
            ask_all(f"http://127.0.0.1:{port}", [question()])


@pytest.mark.parametrize("target", ["127.0.0.1:8000", "", "http://[::1"])
def test_a_target_that_is_no_address_is_named(target: str) -> None:
    with pytest.raises(TargetError, match="cannot reach"):
        ask_all(target, [question()])


def test_another_program_is_not_mistaken_for_the_service(stub: StubService, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TargetError, match=r"GET .*/elsewhere/readyz gave 404: .*is this the service"):
        ask_all(stub.url + "/elsewhere", [question()])
    monkeypatch.setattr(stub, "get", lambda path, query: (200, {"ok": True}))
    with pytest.raises(TargetError, match="not this service's: status: Field required"):
        ask_all(stub.url, [question()])


def test_a_service_without_an_index_says_why(stub: StubService) -> None:
    stub.ready = False
    with pytest.raises(TargetError, match="not ready: no index; run `python -m ingest build`"):
        ask_all(stub.url, [question()])
