"""Questions that documents answer by themselves, each with the passage it was taken from."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.chunk import Chunk
from ingest.fit.asked import OwnQuestion, questions
from tests.support.tiny_index import index

THINGS = [("变频器", "VFD", "Variable Frequency Drive")]
TEXT = """# 手册

## 调速

变频器启动前要先检查散热风扇。风扇积灰会使温度升高，要每月用压缩空气吹扫一次，并记录电流、温度和振动的读数，交给班长签字。

## 联锁

联锁是指一台设备停止时另一台随之停止的安全措施。它在检修前必须解除，检修后必须恢复，并由两个人确认签字。
"""


@pytest.fixture(scope="module")
def chunks(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Chunk]:
    folder: Path = tmp_path_factory.mktemp("index")
    return index(folder, a=TEXT).chunks


def of(chunks: Sequence[Chunk], kind: str) -> list[OwnQuestion]:
    return [question for question in questions(chunks, THINGS) if question.kind == kind]


def test_a_sentence_asks_by_another_name_than_its_passage(chunks: Sequence[Chunk]) -> None:
    (question,) = of(chunks, "name")
    assert question.text == "VFD启动前要先检查散热风扇。"
    assert question.evidence == "变频器启动前要先检查散热风扇。"
    assert question.evidence in chunks[question.row].text
    assert question.left is not None
    assert question.evidence not in question.left
    assert "风扇积灰" in question.left


def test_a_name_that_the_passage_has_too_is_no_other_name(tmp_path: Path) -> None:
    both = TEXT.replace("风扇积灰", "VFD 和 Variable Frequency Drive 的风扇积灰")
    assert of(index(tmp_path, a=both).chunks, "name") == []


def test_a_definition_asks_for_its_subject(chunks: Sequence[Chunk]) -> None:
    (question,) = of(chunks, "definition")
    assert (question.text, question.left) == ("什么是联锁？", None)
    assert chunks[question.row].text.startswith(question.evidence)


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("A gantry is a frame that carries the hoist.", ["What is gantry?"]),
        ("Gantries are frames that carry hoists.", ["What are Gantries?"]),
        ("它是一种吊车，用来搬运很重的设备和材料。", []),
        ("龙门吊每天检查钢丝绳和制动器的磨损情况。", []),
    ],
)
def test_only_what_names_its_subject_defines(tmp_path: Path, sentence: str, asked: list[str]) -> None:
    found = of(index(tmp_path, a=f"# 手册\n\n## 一\n\n{sentence}\n").chunks, "definition")
    assert [question.text for question in found] == asked


def test_a_passage_loses_one_sentence_at_most(chunks: Sequence[Chunk]) -> None:
    rows = [question.row for question in questions(chunks, THINGS) if question.left is not None]
    assert len(rows) == len(set(rows))
