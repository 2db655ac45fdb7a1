"""The command: candidates are listed, moved, kept with what is missing, or rejected."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.commands import accept
from eval.grow.candidates import Candidate, add, load

OUTLINE = "## 5. 微调\n\n### ★★★★★ **1. 什么是 LoRA？**\n\nLoRA 冻结原模型。\n"
SOUND = Candidate(
    "g-1",
    "detail",
    "LoRA 冻结什么？",
    "zh",
    "answered",
    ["5.1"],
    ["LoRA 冻结原模型。"],
    ["冻结"],
    "generated",
    "由模型写",
)
EMPTY = replace(SOUND, id="f-1", question="它为什么不收敛？", kind="", status="", entries=[], source="feedback")


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    queue, outline = tmp_path / "candidates.jsonl", tmp_path / "outline.md"
    outline.write_text(OUTLINE, encoding="utf-8")
    add([SOUND, EMPTY], queue, [])
    named = {"--golden": tmp_path / "golden.jsonl", "--queue": queue, "--documents": outline}
    return [str(part) for pair in named.items() for part in pair]


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    accept.arguments(parser)
    return accept.main(parser.parse_args(arguments))


def test_sound_ones_move_and_the_others_say_what_is_missing(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["g-1", "f-1", "g-1", *options]) == 1
    printed = capsys.readouterr().out
    assert "f-1 stays" in printed
    assert "kind is ''; it must be one of paraphrase" in printed
    assert "1 moved to" in printed
    assert json.loads((tmp_path / "golden.jsonl").read_text("utf-8"))["id"] == "g-1"
    assert load(tmp_path / "candidates.jsonl") == [EMPTY]


def test_all_sound_exits_with_0_and_rejected_ones_go(options: list[str], tmp_path: Path) -> None:
    assert run(["g-1", *options]) == 0
    assert run(["f-1", "--reject", *options]) == 0
    assert load(tmp_path / "candidates.jsonl") == []


def test_without_names_they_are_listed(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(options) == 0
    printed = capsys.readouterr().out
    assert "g-1  detail  5.1  LoRA 冻结什么？\n    由模型写\n    sound\n" in printed
    assert "f-1  -  -  它为什么不收敛？" in printed
    assert "2 wait in" in printed
