"""Questions written by a model: asked for in turn, and kept only when they hold."""

import argparse
import json
import socket
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.faulty_llm import MODEL, FaultyLLM, faulty_llm
from eval.ask.chat import ChatModel, ModelError
from eval.ask.client import TargetError
from eval.commands import generate as command
from eval.golden.duplicates import Pool
from eval.golden.question import GoldenQuestion
from eval.grow.candidates import Candidate, load
from eval.grow.entries import Entry, parse
from eval.grow.proposals import Proposal, _ask, counted, fault, finder, generate, order
from tests.support.stub_service import StubService

OUTLINE = """## 5. 微调

### ★★★★★ **1. 什么是 LoRA？**

LoRA **冻结**原模型，秩是 16。

### ★★★☆☆ **2. 没有答案**

### ★★★☆☆ **3. 什么是 QLoRA？**

QLoRA 量化到 4 位。

## 6. 应用

### ★★★☆☆ **1. 用在哪？**

到处都用。
"""
ENTRIES = parse(OUTLINE)
LORA = ENTRIES[0]
GOOD: dict[str, Any] = {
    "kind": "detail",
    "question": "LoRA 的秩取多少？",
    "evidence": [1],
    "key_points": ["16"],
}


@pytest.fixture
def llm() -> Iterator[FaultyLLM]:
    with faulty_llm(form={"questions": [GOOD]}) as llm:
        yield llm


@pytest.fixture
def model(llm: FaultyLLM) -> Iterator[ChatModel]:
    model = ChatModel(llm.url, MODEL, retries=0)
    yield model
    model.close()


def question(*entries: str) -> GoldenQuestion:
    return GoldenQuestion("q", "detail", "?", "zh", "answered", list(entries), [], [])


def test_sections_take_turns_and_what_is_asked_least_comes_first() -> None:
    assert [e.id for e in order(ENTRIES, [])] == ["5.1", "6.1", "5.3"]
    assert [e.id for e in order(ENTRIES, [question("5.1"), question("6.1")])] == ["5.3", "6.1", "5.1"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"kind": "english", "question": "What is the rank of LoRA?", "key_points": ["frozen"]}, None),
        ({"kind": "terse", "question": "LoRA 秩"}, None),
        ({"kind": "english"}, "not in the language of its kind"),
        ({"question": "What is the rank of LoRA?"}, "not in the language of its kind"),
        ({"kind": "terse", "question": "LoRA 的秩" * 9}, "longer than the 40 characters"),
        ({"question": "上文提到的秩是多少？"}, "refers to the text"),
        ({"kind": "english", "question": "What rank does the passage give?"}, "refers to the text"),
        ({"question": "LoRA 冻结原模型，秩是 16"}, "a sentence of the entry"),
        ({"kind": "terse", "question": "原模型 秩"}, None),
        ({"evidence": [2]}, "evidence is a sentence that the entry has not"),
        ({"evidence": [1, 0]}, "evidence is a sentence that the entry has not"),
        ({"key_points": ["32"]}, "a key point is not in the entry"),
        ({"kind": "english", "question": "What is the rank?", "key_points": [" "]}, "an empty key point"),
    ],
)
def test_a_question_is_kept_only_when_it_holds(changes: dict[str, Any], reason: str | None) -> None:
    found = fault(Proposal(**GOOD | changes), LORA)
    assert found == reason or (reason is not None and found is not None and found.startswith(reason))


def test_those_that_hold_become_candidates(model: ChatModel, llm: FaultyLLM) -> None:
    steps: list[Candidate] = []
    made = generate([LORA], model, Pool([]), 20, keep=steps.append)
    (kept,) = made.candidates
    assert (kept.kind, kept.question, kept.language, kept.status) == ("detail", "LoRA 的秩取多少？", "zh", "answered")
    assert (kept.entries, kept.evidence, kept.key_points) == (["5.1"], ["LoRA **冻结**原模型，秩是 16。"], ["16"])
    assert kept.source == "generated"
    assert kept.why == f"written by {MODEL} from entry 5.1: 什么是 LoRA？"
    assert (made.dropped, made.failures, made.stopped, steps) == ({}, {}, None, [kept])
    assert "LoRA **冻结**原模型" in llm.asked[0]["messages"][1]["content"]


def test_entries_asked_about_together_are_taken_in_their_order(llm: FaultyLLM, model: ChatModel) -> None:
    entries = order(ENTRIES, [])
    made = generate(entries, model, Pool([]), 20, at_once=3)
    assert made.dropped == generate(entries, model, Pool([]), 20).dropped
    assert [each.entries for each in made.candidates] == [["5.1"]]
    llm.asked.clear()
    assert len(generate(entries, model, Pool([]), 1, at_once=2).candidates) == 1
    assert len(llm.asked) <= 2  # no more than were under way when there was enough


def test_what_is_dropped_and_what_fails_is_counted(model: ChatModel, llm: FaultyLLM) -> None:
    assert llm.form
    llm.form["questions"] = [GOOD, GOOD | {"question": "LoRA 的秩取多少呢"}]
    made = generate(order(ENTRIES, []), model, Pool([]), 20)
    assert len(made.candidates) == 1
    # The same reply for 6.1 and 5.3, whose text does not hold the key point.
    assert made.dropped == {"near a question that there is": 1, "a key point is not in the entry": 4}
    llm.form = None
    assert generate(order(ENTRIES, []), model, Pool([]), 20).failures == {"the server replied 500": 3}
    llm.form = {"questions": [{"kind": "riddle"}]}
    assert generate([LORA], model, Pool([]), 20).failures == {"the reply is not the form": 1}
    assert list(counted({"a": 1, "b": 3})) == ["3 × b", "1 × a"]


def test_it_ends_when_there_are_enough(model: ChatModel, llm: FaultyLLM) -> None:
    other = GOOD | {"question": "冻结的是哪个部分？", "key_points": ["冻结"]}
    llm.form = {"questions": [GOOD, other]}
    made = generate(order(ENTRIES, []), model, Pool([]), 1)
    assert (len(made.candidates), made.dropped, len(llm.asked)) == (1, {}, 1)


def test_a_known_question_is_not_written_again(model: ChatModel) -> None:
    made = generate([LORA], model, Pool(["LoRA的秩取多少"]), 20)
    assert (made.candidates, made.dropped) == ((), {"near a question that there is": 1})


def test_a_model_that_goes_down_ends_it_with_what_there_is() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        model = ChatModel(f"http://127.0.0.1:{closed.getsockname()[1]}/v1", MODEL, retries=0)
        made = generate(ENTRIES, model, Pool([]), 20)
        model.close()
    assert isinstance(made.stopped, ModelError)
    assert made.candidates == ()


def test_a_service_must_find_the_entry_when_one_is_named(stub: StubService, model: ChatModel) -> None:
    with httpx.Client(base_url=stub.url, trust_env=False) as http:
        finds = finder(http)
        assert finds("LoRA?", "5.3")
        assert not finds("LoRA?", "5.1")
        assert stub.requests[-1] == ("/v1/search", {"query": "LoRA?", "k": 20})
        made = generate([LORA], model, Pool([]), 20, finds)
        assert made.dropped == {"its entry is not among the first 20 that the service finds": 1}
        assert len(generate([named("5.4")], model, Pool([]), 20, finds).candidates) == 1
        stub.busy = 1
        made = generate([LORA], model, Pool([]), 20, finds)
        assert isinstance(made.stopped, TargetError)
        assert "429" in str(made.stopped)


def named(name: str) -> Entry:
    return Entry(name, 5, LORA.title, LORA.answer, 0, 0)


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    outline, golden = tmp_path / "outline.md", tmp_path / "golden.jsonl"
    outline.write_text(OUTLINE, encoding="utf-8")
    golden.write_text(json.dumps(asdict(question("6.1"))) + "\n", encoding="utf-8")
    named = {"--documents": outline, "--golden": golden, "--queue": tmp_path / "queue.jsonl", "--model": MODEL}
    return [str(part) for pair in named.items() for part in pair]


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return command.main(parser.parse_args(arguments))


def test_the_command_queues_what_holds_and_says_what_does_not(
    options: list[str], tmp_path: Path, llm: FaultyLLM, capsys: pytest.CaptureFixture[str]
) -> None:
    assert llm.form
    llm.form["questions"] = [GOOD | {"question": "火星低秩汤的秩取多少？"}, GOOD | {"kind": "english"}]
    assert run(["--judge", llm.url, *options]) == 0
    printed = capsys.readouterr().out
    assert "1 new in" in printed
    assert "5 dropped, 0 failed" in printed
    assert "3 × not in the language of its kind" in printed
    assert [each.entries for each in load(tmp_path / "queue.jsonl")] == [["5.1"]]
    assert run(["--judge", llm.url, "--at-once", "1", *options]) == 0  # two at once may arrive in any order
    assert "1 × near a question that there is" in capsys.readouterr().out
    # 5.1 has a candidate by now, and 5.3 none: it comes first.
    assert "QLoRA" in llm.asked[3]["messages"][1]["content"]


def test_what_was_kept_is_queued_when_it_is_interrupted(
    options: list[str], tmp_path: Path, llm: FaultyLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert llm.form
    llm.form["questions"] = [GOOD | {"question": "火星低秩汤的秩取多少？"}]
    inner, calls = _ask, list[str]()

    def stopped(entry: Entry, model: ChatModel) -> list[Proposal]:
        calls.append(entry.id)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return inner(entry, model)

    monkeypatch.setattr("eval.grow.proposals._ask", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(["--judge", llm.url, "--at-once", "1", *options])
    assert [each.entries for each in load(tmp_path / "queue.jsonl")] == [["5.1"]]


def test_the_command_keeps_what_was_finished_when_the_model_goes_down(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(ModelError, match="cannot reach the model"):
            run(["--judge", f"http://127.0.0.1:{closed.getsockname()[1]}/v1", *options])
    assert "0 new in" in capsys.readouterr().out
