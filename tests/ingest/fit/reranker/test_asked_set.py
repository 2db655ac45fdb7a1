import json
from pathlib import Path

import pytest

from ingest.fit.reranker import asked_set
from ingest.fit.reranker.asked_set import asked, origins
from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.schedule import plan
from ingest.fit.reranker.sets import lines
from ingest.pack import none

WORDS = none().words
PAGE = "# 水泵\n\n## 保养\n\n每月换一次油。油用三号。\n\n## 启动\n\n先打开阀门。再按下绿键。等上一分钟。\n"
ASKED = [
    {
        "document": "guide/pump.md",
        "piece": "先打开阀门",
        "questions": ["机器怎么开", "how long do I have to wait"],
        "said": [["先打开阀门"], ["等上一分钟"]],
        "beside": "怎么关机？",
    },
    {"document": "guide/pump.md", "piece": "每月换一次", "questions": ["多久加油"], "said": [[]], "beside": ""},
]


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "documents"
    (folder / "guide").mkdir(parents=True)
    (folder / "guide/pump.md").write_text(PAGE, "utf-8")
    (tmp_path / "pump.jsonl").write_text("\n".join(json.dumps(record) for record in ASKED), "utf-8")
    monkeypatch.setattr(asked_set, "FOLDER", tmp_path)
    return folder


def test_each_question_has_the_passage_that_it_was_written_for(documents: Path) -> None:
    passages, _ = asked("pump", documents, WORDS)
    texts = {question.text: [passages.windows[row] for row in question.rows] for question in passages.questions}
    assert [text.partition("\n")[2] for text in texts["机器怎么开"]] == ["先打开阀门。再按下绿键。等上一分钟。"]
    assert [text.partition("\n")[0] for text in texts["多久加油"]] == ["水泵 > 保养"]


def test_what_only_seems_to_be_answered_has_a_passage_and_no_owner(documents: Path) -> None:
    passages, _ = asked("pump", documents, WORDS)
    beside = next(question for question in passages.questions if question.text == "怎么关机？")
    assert beside.owner is None
    assert "先打开阀门" in passages.windows[beside.rows[0]]


def test_statements_stand_against_the_others_of_their_passage(documents: Path) -> None:
    _, (statements, found) = asked("pump", documents, WORDS)
    shown = [
        (question.text, statements.windows[question.rows[0]], [statements.windows[row] for row in wrong.rows])
        for question, wrong in zip(statements.questions, found, strict=True)
    ]
    path = "水泵 > 启动\n"
    assert shown == [
        ("机器怎么开", f"{path}先打开阀门。", [f"{path}再按下绿键。", f"{path}等上一分钟。"]),
        ("how long do I have to wait", f"{path}等上一分钟。", [f"{path}先打开阀门。", f"{path}再按下绿键。"]),
    ]


def test_examples_of_what_is_not_answered_show_that_passage_alone(documents: Path) -> None:
    passages, _ = asked("pump", documents, WORDS)
    found = [Found((0, 1), (0.0, 0.0), (0.0, 0.0))] * len(passages.questions)
    examples = {e.question: e for step in plan([(passages, found, 1)], 7, 3) for e in step}
    assert not examples["怎么关机？"].answered
    assert len(examples["怎么关机？"].windows) == 1


@pytest.mark.parametrize(("page", "error"), [("# 水泵\n\n空。\n", "no passage that begins"), (None, "guide/pump.md")])
def test_other_documents_than_those_asked_of_are_named(documents: Path, page: str | None, error: str) -> None:
    path = documents / "guide/pump.md"
    path.unlink() if page is None else path.write_text(page, "utf-8")
    with pytest.raises((OSError, ValueError), match=error):
        asked("pump", documents, WORDS)


@pytest.mark.parametrize("name", sorted(origins()))
def test_the_shipped_questions_are_whole(name: str) -> None:
    records = list(lines(asked_set.FOLDER / f"{name}.jsonl"))
    assert len({(record["document"], record["piece"]) for record in records}) == len(records)
    for record in records:
        assert len(record["questions"]) == len(record["said"]) > 0
        assert len(set(record["questions"])) == len(record["questions"])


def test_every_file_of_questions_says_where_its_documents_are_from() -> None:
    assert {path.stem for path in asked_set.FOLDER.glob("*.jsonl")} == set(origins())
