"""The golden questions are sound, and the check finds each kind of fault in them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.golden.check import faults_of
from eval.golden.question import GOLDEN, OUTLINE, load

Record = dict[str, Any]
RUBRIC = GOLDEN.with_name("rubric.jsonl")
RECORDS: list[Record] = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


def faults_in(records: list[Record], folder: Path, outline: Path = OUTLINE) -> list[str]:
    golden = folder / "golden.jsonl"
    golden.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return faults_of(golden, outline)


def first(kind: str, status: str | None = None) -> Record:
    return next(each for each in RECORDS if each["kind"] == kind and status in (None, each["status"]))


def changed(record: Record, **changes: Any) -> list[Record]:
    return [{**each, **changes} if each is record else each for each in RECORDS]


def test_the_golden_questions_have_no_fault() -> None:
    assert faults_of(GOLDEN, OUTLINE) == []


def test_the_points_of_the_rubric_have_no_fault() -> None:
    """It asks of other kinds and entries than a golden set must, and of names alone, which have no language."""
    excused = re.compile(r"\d+ questions (?:of kind|on entry)|dev-terse-\d+: language")
    assert [fault for fault in faults_of(RUBRIC, OUTLINE) if not excused.match(fault)] == []
    assert len(load(RUBRIC)) >= 150
    assert all(question.points for question in load(RUBRIC))


DETAIL = first("detail")
MULTI = first("multi")
UNANSWERED = first("unanswered")
FOLLOW_UP = first("follow_up", "answered")
OUT_OF_SCOPE = first("out_of_scope")
STRUCTURE = first("structure")
NO_QUOTE = "a point's quote is not verbatim in a line of the outline: '没有这句话'"


@pytest.mark.parametrize(
    ("record", "changes", "fault"),
    [
        (DETAIL, {"kind": "riddle"}, "unknown kind 'riddle'"),
        (DETAIL, {"status": "guessed"}, "unknown status 'guessed'"),
        (DETAIL, {"status": "declined"}, "status 'declined' does not go with kind 'detail'"),
        (DETAIL, {"language": "en"}, "language 'en' is not that of the question"),
        (DETAIL, {"entries": ["5.99"]}, "unknown entry '5.99'"),
        (DETAIL, {"entries": []}, "an answered question needs a gold entry and evidence"),
        (DETAIL, {"evidence": []}, "an answered question needs a gold entry and evidence"),
        (DETAIL, {"key_points": []}, "no key points"),
        (DETAIL, {"entries": ["8.12"]}, "entry '8.12' has no answer in the outline"),
        (DETAIL, {"evidence": ["没有这句话"]}, "evidence is not verbatim in the outline: '没有这句话'"),
        (
            DETAIL,
            {"evidence": ["秩 `r` 等超参数的选择"]},
            "evidence is not in the answer of a gold entry: '秩 `r` 等超参数的选择'",
        ),
        (
            DETAIL,  # a title is not an answer
            {"entries": ["5.4"], "evidence": ["什么是QLoRA？"]},
            "evidence is not in the answer of a gold entry: '什么是QLoRA？'",
        ),
        (MULTI, {"entries": MULTI["entries"][:1]}, "a question of kind 'multi' needs two gold entries"),
        (
            MULTI,
            {"evidence": MULTI["evidence"][:1]},
            f"no evidence from entry {MULTI['entries'][1]!r}",
        ),
        (UNANSWERED, {"entries": ["6.19"]}, "entry '6.19' is said to be unanswered but has an answer"),
        (UNANSWERED, {"entries": ["1.15"]}, "entry '1.15' is said to be unanswered but has an answer"),
        (UNANSWERED, {"entries": []}, "a listed question needs its entry"),
        (OUT_OF_SCOPE, {"entries": ["1.1"]}, "status 'not_in_documents' goes with no gold entry"),
        (FOLLOW_UP, {"history": []}, "history goes with kind 'follow_up' and with no other"),
        (DETAIL, {"points": [{"quotes": ["没有这句话"], "first": True}]}, NO_QUOTE),
        (DETAIL, {"points": [{"quotes": DETAIL["evidence"], "first": False}]}, "none of its points comes first"),
        (DETAIL, {"points": [{"quotes": DETAIL["evidence"], "vital": False}]}, "none of its points is vital"),
        (DETAIL, {"points": [{"quotes": [], "first": True}]}, "a point without quotes"),
        (
            STRUCTURE,
            {"history": FOLLOW_UP["history"]},
            "history goes with kind 'follow_up' and with no other",
        ),
        (
            FOLLOW_UP,
            {"history": FOLLOW_UP["history"][:1]},
            "history must be pairs of user and assistant, not ['user']",
        ),
    ],
)
def test_a_fault_of_one_question(tmp_path: Path, record: Record, changes: Record, fault: str) -> None:
    assert f"{record['id']}: {fault}" in faults_in(changed(record, **changes), tmp_path)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda record: record | {"note": ""}, "unknown field ['note']"),
        (
            lambda record: {name: record[name] for name in record if name != "status"},
            "missing field ['status']",
        ),
        (lambda record: record | {"entries": "5.3"}, "wrong type in ['entries']"),
        (lambda record: record | {"question": " "}, "wrong type in ['question']"),
        (lambda record: record | {"history": [{"role": "user"}]}, "wrong type in ['history']"),
        (lambda record: record | {"points": [{"vital": True}]}, "wrong type in ['points']"),
        (lambda record: record | {"points": [{"quotes": ["甲"], "vital": 1}]}, "wrong type in ['points']"),
        (lambda record: [record], "an object was expected, not "),
    ],
)
def test_a_fault_of_form(tmp_path: Path, change: Callable[[Record], Any], fault: str) -> None:
    faults = faults_in([change(RECORDS[0]), *RECORDS[1:]], tmp_path)
    assert faults[0].startswith(f"line 1: {fault}")


def test_a_line_that_is_not_json(tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text("{\n" + GOLDEN.read_text(encoding="utf-8"), encoding="utf-8")
    faults = faults_of(golden, OUTLINE)
    assert len(faults) == 1
    assert faults[0].startswith("line 1: not JSON")


def test_duplicates(tmp_path: Path) -> None:
    same_id = faults_in(changed(DETAIL, id=MULTI["id"]), tmp_path)
    assert same_id == [f"duplicate id {MULTI['id']!r}"]
    twice = OUT_OF_SCOPE | {"id": "another", "question": f" {OUT_OF_SCOPE['question'].upper()}"}
    assert faults_in([*RECORDS, twice], tmp_path) == [f"duplicate question {OUT_OF_SCOPE['question'].casefold()!r}"]


def test_too_few_of_a_kind(tmp_path: Path) -> None:
    kept = [each for each in RECORDS if each["kind"] != "injection"]
    assert faults_in(kept, tmp_path) == ["0 questions of kind 'injection', fewer than 10"]


def test_too_many_and_none_on_an_entry(tmp_path: Path) -> None:
    more = [DETAIL | {"id": f"more-{n}", "question": f"{DETAIL['question']}{n}"} for n in range(3)]
    on_it = sum(
        DETAIL["entries"][0] in (each["entries"] if each["kind"] == "multi" else each["entries"][:1])
        for each in RECORDS + more
        if each["status"] == "answered" and each["kind"] != "structure"
    )
    crowded = [f"{on_it} questions on entry {DETAIL['entries'][0]!r}, more than 3"]
    assert faults_in(RECORDS + more, tmp_path) == crowded
    kept = [each for each in RECORDS if "3.7" not in each["entries"]]
    assert faults_in(kept, tmp_path) == ["no question on entry '3.7'"]


def test_an_answer_taken_out_of_the_outline_is_missed(tmp_path: Path) -> None:
    text = OUTLINE.read_text(encoding="utf-8")
    start = text.index("A/B测试是评估新模型在真实世界中表现的黄金标准。")
    emptied = tmp_path / "outline.md"
    emptied.write_text(text[:start] + text[text.index("\n## 7. ") :], encoding="utf-8")
    faults = faults_in(RECORDS, tmp_path, emptied)
    assert any(fault.endswith("entry '6.19' has no answer in the outline") for fault in faults)


def test_command_line(tmp_path: Path) -> None:
    """It prints the questions per kind, and exits with 1 and the faults when there are any."""
    command = [sys.executable, "-m", "eval.golden.check"]
    sound = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert sound.returncode == 0
    assert f"{len(RECORDS)} in all" in sound.stdout
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    bare = subprocess.run([*command, empty], capture_output=True, text=True, encoding="utf-8", check=False)
    assert bare.returncode == 1
    assert "fault: 0 questions of kind 'detail', fewer than 25" in bare.stdout
