"""The command: variants, noise and removed entries against services that reply as told; parts are not asked twice."""

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.faulty_llm import MODEL, faulty_llm
from eval.commands import robustness
from eval.robust import launch
from eval.robust.effects import RobustnessError
from tests.support.stub_service import StubService, citation

OUTLINE = """## 5. 微调

### ★★★★★ **3. 什么是 LoRA？**

LoRA 冻结原模型。LoRA 的秩是 16。

### ★★★☆☆ **4. 什么是 QLoRA？**

QLoRA 量化到 4 位。
"""
ASKED = {"d-1": "LoRA 训练时冻结了什么？", "d-2": "QLoRA 的权重量化到几位？", "o-1": "明天会下雨吗？"}


def record(name: str, entries: list[str], status: str = "answered", kind: str = "detail") -> str:
    fields = {"id": name, "kind": kind, "question": ASKED[name], "language": "zh", "status": status}
    return json.dumps(fields | {"entries": entries, "evidence": [], "key_points": ["LoRA"]})


@pytest.fixture
def options(tmp_path: Path, stub: StubService) -> list[str]:
    """Three questions, the last of which the service refuses only as it is written."""
    stub.answers[ASKED["o-1"]] = {"status": "not_in_documents", "answer": "文档里没有。"}
    golden, outline = tmp_path / "golden.jsonl", tmp_path / "outline.md"
    lines = [record("d-1", ["5.3"]), record("d-2", ["5.4"]), record("o-1", [], "not_in_documents", "out_of_scope")]
    golden.write_text("\n".join(lines), encoding="utf-8")
    outline.write_text(OUTLINE, encoding="utf-8")
    named = {"--target": stub.url, "--golden": golden, "--documents": outline, "--out": tmp_path / "out"}
    return [str(part) for pair in named.items() for part in pair]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, stub: StubService) -> list[list[str]]:
    """Stand the stub in for services of our own; collects the names of the documents of each."""
    served: list[list[str]] = []

    @contextmanager
    def service(documents: Sequence[Path], folder: Path) -> Iterator[str]:
        assert all(path.is_file() for path in documents)
        served.append([path.name for path in documents])
        yield stub.url

    monkeypatch.setattr(launch, "serving", service)
    monkeypatch.setattr(launch, "passages", lambda folder: 2 * len(served[-1]))
    return served


def run(options: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    robustness.arguments(parser)
    return robustness.main(parser.parse_args(options))


def report(options: Sequence[str]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((out(options) / "robustness.json").read_text("utf-8"))
    return made


def out(options: Sequence[str]) -> Path:
    return Path(options[options.index("--out") + 1])


def test_variants_are_compared_and_written(
    options: list[str], stub: StubService, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(options) == 0
    made = report(options)
    assert made["asked"] == 3
    assert made["variants"].keys() == {"typos", "traditional", "untidy"}
    # The stub refuses the third question in its very words only, and finds 5.3 second and 5.4 third.
    status = made["variants"]["typos"]["status"]
    assert (status["n"], status["written"], status["difference"]) == (3, 1.0, pytest.approx(-1 / 3))
    assert made["variants"]["typos"]["hit_1"]["changed"] == 0
    assert made["variants"]["typos"]["hit_5"]["changed"] == 1
    printed = capsys.readouterr().out
    assert "typos" in printed
    assert "status  3   1.000  0.667      -0.333  -1.000  +0.000" in printed
    assert "no English variant" in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_what_was_asked_is_not_asked_again(options: list[str], stub: StubService) -> None:
    run(options)
    before, asked = report(options), len(stub.requests)
    run(options)
    assert len(stub.requests) == asked
    assert {**report(options), "created": ""} == {**before, "created": ""}


def test_another_measurement_in_the_folder_is_an_error(options: list[str]) -> None:
    run(options)
    begun = out(options) / "begun.json"
    begun.write_text(begun.read_text("utf-8").replace('"v1"', '"v0"'), "utf-8")
    with pytest.raises(RobustnessError, match=r"holds a measurement of.*v0.*name another --out"):
        run(options)
    begun.write_text("{", "utf-8")
    with pytest.raises(RobustnessError, match="damaged"):
        run(options)


def test_english_comes_from_a_model(
    options: list[str], stub: StubService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eval.robust.translation.CACHE", tmp_path / "english.jsonl")
    with faulty_llm(form={"english": "What does LoRA freeze?"}) as llm:
        assert run([*options, "--judge", llm.url, "--model", MODEL]) == 0
    assert report(options)["variants"]["english"]["status"]["n"] == 2  # not the one on QLoRA
    assert {"query": "What does LoRA freeze?", "history": [], "k": 20} in [body for _, body in stub.requests]
    with pytest.raises(RobustnessError, match="--model"):
        run([*options, "--judge", "http://127.0.0.1:1/v1"])


def test_noise_rises_and_distracted_answers_are_counted(
    options: list[str], stub: StubService, served: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*options, "--noise"]) == 0
    noise = [f"noise-{n}.md" for n in range(1, 5)]
    assert served == [["outline.md", *noise[:level]] for level in range(5)]
    levels = report(options)["noise"]
    assert [each["wanted"] for each in levels] == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert [each["share"] for each in levels] == pytest.approx([0, 1 / 2, 2 / 3, 3 / 4, 4 / 5])
    assert {each["distracted"] for each in levels} == {0.0}
    # The stub's passage of no entry stands second, behind 3.8.
    assert levels[1]["hit_5"]["changed"] == 1
    assert "50.0%" in capsys.readouterr().out
    asked = len(stub.requests)
    run([*options, "--noise"])
    assert (len(served), len(stub.requests)) == (5, asked)


def test_a_citation_of_noise_is_distracted(
    options: list[str], stub: StubService, served: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cited = citation(1, 0, 4) | {"document": "noise-1.md", "entry_id": None}
    stub.answers[ASKED["d-1"]] = {"answer": "LoRA [1]", "citations": [cited]}
    run([*options, "--noise"])
    assert report(options)["noise"][1]["distracted"] == 0.5  # of the two answered ones


def test_without_their_entries_questions_must_be_refused(
    options: list[str], stub: StubService, served: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    stub.answers[ASKED["d-1"]] = {"status": "listed_unanswered", "answer": "没有答案。"}
    stub.answers[ASKED["d-2"]] = {"answer": "QLoRA 与 LoRA。[1]", "citations": [citation(1, 0, 4, "3.8")]}
    assert run([*options, "--removed"]) == 0
    removed = report(options)["removed"]
    assert [(each["id"], each["outcome"]) for each in removed["questions"]] == [
        ("d-1", "refused"),
        ("d-2", "elsewhere"),
    ]
    assert removed["refused"]["changed"] == 0.5
    printed = capsys.readouterr().out
    assert "1 of 2 refused (0.500" in printed
    assert "elsewhere: d-2, 5.4 removed, from 3.8" in printed
    assert served == [["outline.md"]]
    left = (out(options) / "removed" / "outline.md").read_text("utf-8")
    assert left == "## 5. 微调\n\n"
