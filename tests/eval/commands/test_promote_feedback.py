"""The command: down-rated questions are queued once."""

import argparse
from pathlib import Path

import pytest

from eval.commands import promote_feedback
from eval.grow.candidates import load
from service.serve.store import Store


def test_questions_are_queued_once_however_often_it_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, queue = tmp_path / "answers.sqlite", tmp_path / "candidates.jsonl"
    store = Store(path, keep_days=30)
    for name, question in (
        ("a-1", "火星上的量子汤怎么煮？"),
        ("a-2", "彗星尾巴怎么编辫子？"),
        ("a-3", "彗星尾巴怎么编辫子"),
    ):
        store.keep(name, question, '{"answer": "文档里没有。"}', "s-1")
        store.rate(name, "down", None)
    parser = argparse.ArgumentParser()
    promote_feedback.arguments(parser)
    options = parser.parse_args(["--store", str(path), "--queue", str(queue)])
    assert promote_feedback.main(options) == 0
    assert "3 answers rated down: 2 questions new in" in capsys.readouterr().out
    assert [each.question for each in load(queue)] == ["彗星尾巴怎么编辫子？", "火星上的量子汤怎么煮？"]
    assert promote_feedback.main(options) == 0
    assert "0 questions new" in capsys.readouterr().out
    assert len(load(queue)) == 2
    store.close()
