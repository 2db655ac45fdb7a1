"""A candidate's answers beside those that were shown, as the service kept them: table, page and verdict."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.traffic.comparisons import movements, read_pairs
from service.check.quotes import Citation
from service.events import Answer
from service.search.passages import Passage
from service.serve.comparisons import DAY, MOST, Comparisons
from service.serve.shadow import difference

QUOTE = "LoRA 冻结原模型的权重，只训练两个低秩矩阵。"
PASSAGE = Passage("c", "5.4", "d.md", ("5. 微调",), 0, len(QUOTE), QUOTE, 1.0)
SHOWN = Answer(
    "a-1",
    "answered",
    f"{QUOTE} [1]",
    (Citation(1, PASSAGE, QUOTE, 0, len(QUOTE), 0.9),),
    (),
    "vllm:a",
    None,
    "v1",
    "什么是 LoRA？",
    {"first": 80.0, "total": 100.0},
)
WORSE = replace(SHOWN, generator="vllm:b", removed=2, missing=("writer_mostly_unsupported",), degraded="…")


def keep(folder: Path, other: Answer, times: int, content: bool = False, question: str = "什么是 LoRA？") -> Path:
    path = folder / "shadow.jsonl"
    kept = Comparisons(path, 30, content)
    for _ in range(times):
        kept.keep(question, SHOWN, other, difference(SHOWN, other))
    return path


def arguments(record: Path, folder: Path, *more: str) -> list[str]:
    own = ["shadow", "--record", str(record), "--out", str(folder / "page.html"), "--embedder", str(folder / "none")]
    return [*own, *more]


def test_what_got_worse_beyond_chance_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = keep(tmp_path, WORSE, 60)
    assert main(arguments(record, tmp_path)) == 1
    told = capsys.readouterr().out
    assert "sentences left out" in told
    assert "worse" in told
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "60 answers" in page
    assert "vllm:b on v1" in page
    assert "No words were kept" in page
    assert QUOTE not in page


def test_equal_answers_pass_and_few_decide_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = keep(tmp_path, replace(SHOWN, generator="vllm:b"), 60)
    assert main(arguments(record, tmp_path)) == 0
    assert main(arguments(record, tmp_path, "--least", "61")) == 2
    assert main(arguments(record, tmp_path, "--writer", "vllm:c")) == 2
    assert "60 same" in capsys.readouterr().out
    assert main(arguments(tmp_path / "none.jsonl", tmp_path)) == 2
    assert "OUTLINE_QA_TRIAL__SHADOW" in capsys.readouterr().err


def test_figures_are_means_over_the_pairs_that_have_both(tmp_path: Path) -> None:
    record = keep(tmp_path, WORSE, 12)
    keep(tmp_path, replace(WORSE, removed=0, timings_ms={}), 4)
    found = {each.label: each for each in movements(read_pairs(record))}
    left_out, whole, first = (found[name] for name in ("sentences left out", "nothing missing", "first text, ms"))
    assert (left_out.shown, left_out.candidate, left_out.pairs, left_out.verdict) == (0, 1.5, 16, "worse")
    assert (whole.shown, whole.candidate, whole.verdict) == (1, 0, "worse")
    assert (first.shown, first.candidate, first.pairs, first.verdict) == (80, 80, 12, "")
    assert left_out.low <= 1.5 <= left_out.high


def test_words_are_shown_and_measured_where_they_were_kept(tmp_path: Path, model_folder: Path) -> None:
    other = replace(SHOWN, generator="vllm:b", text=f"{QUOTE} [1]\n\nLoRA 训练 900 个矩阵。<script>x</script> [1]")
    record = keep(tmp_path, other, 3, content=True, question="<b>什么是 LoRA？</b>写信到 a@b.com")
    own = ["shadow", "--record", str(record), "--out", str(tmp_path / "page.html"), "--embedder", str(model_folder)]
    assert main([*own, "--least", "1"]) == 0
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "&lt;b&gt;什么是 LoRA？&lt;/b&gt;" in page
    assert "&lt;script&gt;" in page
    assert "b.com" not in page
    assert page.count("900 个矩阵") == 3
    assert "sentences supported, without a judge" in page


def test_what_is_old_or_too_much_goes(tmp_path: Path) -> None:
    path = keep(tmp_path, SHOWN, 3)
    lines = [json.loads(line) | {"created": time.time() - 31 * DAY} for line in path.read_text("utf-8").splitlines()]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    keep(tmp_path, SHOWN, 1)
    assert len(read_pairs(path)) == 1
    line = path.read_text("utf-8")
    many = MOST // len(line.encode()) + 1
    path.write_text(line * many, "utf-8")
    keep(tmp_path, WORSE, 1)
    pairs = read_pairs(path)
    assert len(pairs) == many - many // 2 + 1
    assert pairs[-1].candidate.removed == 2


def test_a_disk_that_cannot_be_written_harms_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    Comparisons(tmp_path / "file" / "shadow.jsonl", 30, False).keep("q", SHOWN, WORSE, "text")
    assert "not kept" in caplog.text
