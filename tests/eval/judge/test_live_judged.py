"""Live answers with a judge: what it says is among the figures, and a judge that is down takes none of the others."""

import json
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from tests.support.faulty_judge import faulty_judge, needs_ragas

QUOTE = "LoRA 冻结原模型的权重，只训练两个低秩矩阵。"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store as the service leaves it, with one answer."""
    reply: dict[str, Any] = {
        "status": "answered",
        "answer": f"{QUOTE} [1]",
        "citations": [{"n": 1, "entry_id": "5.4", "document": "d.md", "start": 0, "end": len(QUOTE), "quote": QUOTE}],
        "generator": "extractive",
        "index_version": "v",
        "degraded": None,
        "timings_ms": {},
    }
    path = tmp_path / "store.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE answers (id TEXT, created REAL, question TEXT, body TEXT)")
        connection.execute("INSERT INTO answers VALUES ('a', ?, '什么是 LoRA？', ?)", (time.time(), json.dumps(reply)))
    return path


def figures(store: Path, judge: str) -> Mapping[str, float]:
    folder = store.parent / "eval"
    own = ["--share", "1", "--folder", str(folder), "--embedder", str(folder / "none"), "--judge", judge]
    assert main(["live", "--store", str(store), *own]) == 0
    lines = (folder / "live.prom").read_text("utf-8").splitlines()
    return {line.split('"')[1]: float(line.split()[-1]) for line in lines if line.startswith("outline_qa_live_mean")}


@needs_ragas
def test_a_judges_figures_are_among_them(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(store.parent)  # the judge's replies are kept below
    script: dict[str, Any] = {
        "Statements": {"statements": ["一", "二"]},
        "Verdicts": {"statements": [{"statement": s, "reason": "r", "verdict": v} for s, v in (("一", 1), ("二", 0))]},
        "Rating": {"rating": 2},
    }
    with faulty_judge(script=script) as judge:
        found = figures(store, judge.url)
    assert (found["faithfulness"], found["groundedness"], found["whole"]) == (0.5, 1.0, 1.0)


@needs_ragas
def test_a_judge_that_is_down_takes_no_other_figure(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = figures(store, "http://127.0.0.1:9/v1")
    assert (found["whole"], found["marked"]) == (1.0, 1.0)
    assert "faithfulness" not in found
    assert "not judged" in capsys.readouterr().err
