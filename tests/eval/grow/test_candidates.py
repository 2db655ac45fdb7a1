"""The queue: nothing twice, nothing lost, and only sound questions into a golden file."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from eval.golden.duplicates import Pool
from eval.golden.question import GoldenQuestion
from eval.grow import candidates
from eval.grow.candidates import Candidate, CandidateError, accept, add, load, missing, reject

OUTLINE = """## 5. 微调

### ★★★★★ **1. 什么是 LoRA？**

LoRA 冻结原模型。

### ★★★☆☆ **2. 没有答案**
"""


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    return tmp_path / "new" / "candidates.jsonl"


@pytest.fixture
def outline(tmp_path: Path) -> Path:
    path = tmp_path / "outline.md"
    path.write_text(OUTLINE, encoding="utf-8")
    return path


def candidate(name: str, question: str) -> Candidate:
    return Candidate(
        name, "detail", question, "zh", "answered", ["5.1"], ["LoRA 冻结原模型。"], ["冻结"], "generated", "…"
    )


FIRST = candidate("g-1", "LoRA 训练时冻结了什么？")
OTHER = candidate("g-2", "注意力机制怎么算权重？")


def test_only_new_ones_are_queued_and_the_others_stay(queue: Path, tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text(json.dumps({"id": "x", "question": "什么是位置编码？"}) + "\n", encoding="utf-8")
    assert load(queue) == []
    near = replace(FIRST, id="g-3", question="LoRA训练时，冻结了什么呢")
    assert add([FIRST, near], queue, [golden]) == ([FIRST], [near])
    asked = candidate("g-4", "什么是位置编码")
    assert add([asked, OTHER, FIRST], queue, [golden]) == ([OTHER], [asked, FIRST])
    assert load(queue) == [FIRST, OTHER]


def test_writers_at_once_lose_nothing(queue: Path) -> None:
    words = ["甲乙丙", "丁戊己", "庚辛壬", "子丑寅", "卯辰巳", "午未申", "酉戌亥", "春夏秋"]
    made = [candidate(f"g-{n}", word) for n, word in enumerate(words)]
    threads = [threading.Thread(target=add, args=([each], queue, [])) for each in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.id for each in load(queue)) == sorted(each.id for each in made)


def test_a_failed_write_keeps_what_there_was(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add([FIRST], queue, [])

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("eval.grow.candidates.os.fsync", full)
    with pytest.raises(CandidateError, match=r"No space left.*is kept"):
        add([OTHER], queue, [])
    assert load(queue) == [FIRST]
    assert not list(queue.parent.glob("*.new"))


def test_a_damaged_queue_is_named_and_not_overwritten(queue: Path) -> None:
    add([FIRST], queue, [])
    before = queue.read_text("utf-8") + '{"id": \n'
    queue.write_text(before, encoding="utf-8")
    with pytest.raises(CandidateError, match=r"line 2.*by hand"):
        add([OTHER], queue, [])
    assert queue.read_text("utf-8") == before
    queue.write_text("[1]\n", encoding="utf-8")
    with pytest.raises(CandidateError, match="line 1"):
        Pool(candidates._fields(queue, "question"))


def test_a_sound_one_moves_and_never_comes_back(queue: Path, tmp_path: Path, outline: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text('{"id": "old", "question": "甲"}', encoding="utf-8")  # no end of line
    add([FIRST, OTHER], queue, [golden])
    assert accept([FIRST.id], golden, queue, outline) == {}
    assert load(queue) == [OTHER]
    old, new = map(json.loads, golden.read_text("utf-8").splitlines())
    assert old == {"id": "old", "question": "甲"}
    assert GoldenQuestion(**new) == FIRST.record()
    assert "history" not in new
    assert add([FIRST], queue, []) == ([], [FIRST])  # even where the golden file is not looked at


def test_one_that_is_stopped_half_way_is_accepted_once(
    queue: Path, tmp_path: Path, outline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = tmp_path / "golden.jsonl"
    add([FIRST], queue, [])
    with monkeypatch.context() as patch:
        patch.setattr(candidates, "_take_out", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            accept([FIRST.id], golden, queue, outline)
    assert load(queue) == [FIRST]
    assert accept([FIRST.id], golden, queue, outline) == {}
    assert len(golden.read_text("utf-8").splitlines()) == 1
    assert load(queue) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": ""}, "kind is ''; it must be one of paraphrase"),
        ({"status": ""}, "status is ''; it must be one of answered"),
        ({"status": "declined"}, "does not go with kind 'detail'"),
        ({"entries": []}, "needs a gold entry and evidence"),
        ({"entries": ["9.9"]}, "unknown entry '9.9'"),
        ({"entries": ["5.2"]}, "has no answer in the outline"),
        ({"evidence": ["LoRA 不冻结。"]}, "evidence is not verbatim in the outline"),
        ({"key_points": []}, "no key points"),
        ({"language": "en"}, "is not that of the question"),
        ({"question": " "}, "wrong type in \\['question'\\]"),
    ],
)
def test_what_is_missing_is_said_and_the_candidate_stays(
    queue: Path, tmp_path: Path, outline: Path, changes: dict[str, object], fault: str
) -> None:
    faulty = replace(FIRST, **changes)  # type: ignore[arg-type]
    golden = tmp_path / "golden.jsonl"
    add([faulty, OTHER], queue, [])
    found = accept([faulty.id, OTHER.id], golden, queue, outline)
    with pytest.raises(AssertionError, match=fault):
        assert not found[faulty.id], "\n".join(found[faulty.id])
    assert load(queue) == [faulty]
    assert [json.loads(line)["id"] for line in golden.read_text("utf-8").splitlines()] == [OTHER.id]


def test_a_sound_candidate_misses_nothing(outline: Path) -> None:
    assert missing(FIRST, outline) == []


def test_a_rejected_one_is_gone_for_good(queue: Path) -> None:
    add([FIRST, OTHER], queue, [])
    reject([FIRST.id], queue)
    assert load(queue) == [OTHER]
    assert add([FIRST], queue, []) == ([], [FIRST])
    with pytest.raises(CandidateError, match="no candidate 'g-1' in the queue of 1"):
        reject([FIRST.id], queue)
