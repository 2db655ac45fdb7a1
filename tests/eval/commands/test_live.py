"""A share of what people really got, scored from the service's own store; and what they asked in vain."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.grow.gaps import entries_to_write
from eval.traffic.live import sampled
from eval.traffic.samples import DAY, Request
from service.api.contract import AskResponse, Citation
from service.serve.store import Kept, Store

QUOTE = "LoRA 冻结原模型的权重，只训练两个低秩矩阵。"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "store.sqlite", keep_days=30)
    yield made
    made.close()


def keep(
    store: Store, id: str, answer: str, question: str = "什么是 LoRA？", days: float = 0.5, **fields: object
) -> None:
    citation = Citation(
        n=1,
        chunk_id="c",
        entry_id="5.4",
        document="d.md",
        heading_path=["5. 微调"],
        start=0,
        end=len(QUOTE),
        quote=QUOTE,
        support=1.0,
    )
    reply = AskResponse(
        id=id,
        status="answered",
        answer=answer,
        citations=[citation],
        related=[],
        generator="extractive",
        degraded=None,
        index_version="v",
        timings_ms={"first": 1.0},
    ).model_copy(update=fields)
    session = str(fields.get("session") or id)
    store.keep_all([Kept(id, question, reply.model_dump_json(), session, time.time() - days * DAY)])


def test_figures_that_need_no_golden_question(store: Store, tmp_path: Path) -> None:
    keep(store, "a", f"{QUOTE} [1]")
    keep(store, "b", f"{QUOTE} [1] 别的说法没有来源。", degraded="slow")
    keep(store, "c", "1. 第一步 [1]\n3. 第三步 [1]")
    keep(store, "d", "文档里没有。", status="not_in_documents", citations=[])
    keep(store, "old", QUOTE, days=9)
    rows = {row.question.id: row.figures for row in sampled(tmp_path / "store.sqlite", time.time() - DAY, 1.0)}
    assert rows["a"] == {"whole": 1.0, "marked": 1.0, "faults": 0.0}
    assert (rows["b"]["marked"], rows["b"]["whole"]) == (0.0, 0.0)
    assert rows["c"]["faults"] == 1.0
    assert rows["d"] == {"whole": 1.0}
    assert "old" not in rows


def test_a_share_is_a_share_and_always_the_same(store: Store, tmp_path: Path) -> None:
    store.keep_all(
        [
            Kept(f"a-{n}", "q", json.dumps({"id": "x", "status": "declined", "answer": "", "citations": [],
             "generator": "extractive", "index_version": "v", "degraded": None}), None, time.time())
            for n in range(1000)
        ]
    )  # fmt: skip
    first = [row.question.id for row in sampled(tmp_path / "store.sqlite", 0, 0.2)]
    assert 150 < len(first) < 250
    assert first == [row.question.id for row in sampled(tmp_path / "store.sqlite", 0, 0.2)]
    assert set(first) < {row.question.id for row in sampled(tmp_path / "store.sqlite", 0, 0.5)}


def test_the_command_holds_sentences_against_their_quotes(
    store: Store, tmp_path: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store, "a", f"{QUOTE} [1]")
    keep(store, "b", "LoRA 训练 900 个矩阵。 [1]")
    arguments = ["--store", str(tmp_path / "store.sqlite"), "--share", "1", "--folder", str(tmp_path)]
    assert main(["live", *arguments, "--embedder", str(model_folder)]) == 0
    assert "sentences supported" in capsys.readouterr().out
    told = (tmp_path / "live.prom").read_text("utf-8")
    assert "outline_qa_live_answers 2\n" in told
    assert 'outline_qa_live_mean{figure="supported"} 0.5\n' in told


def test_a_day_without_answers_and_a_store_that_is_none(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--folder", str(tmp_path), "--embedder", str(tmp_path / "none")]
    assert main(["live", "--store", str(tmp_path / "store.sqlite"), *arguments]) == 0
    assert (tmp_path / "live.prom").read_text("utf-8").endswith("outline_qa_live_answers 0\n")
    assert main(["live", "--store", str(tmp_path / "no.sqlite"), *arguments]) == 2
    assert "no.sqlite" in capsys.readouterr().err


def vain(question: str, visitor: str, created: float, status: str = "not_in_documents") -> Request:
    return Request(question, visitor, created, status, "", "extractive", False, None, None)


def test_what_to_write_next_is_counted_by_visitors_and_by_week() -> None:
    requests = [
        *[vain("RWKV 是怎么训练的？", f"old {n}", 10) for n in range(2)],
        *[vain("RWKV 是怎么训练的？", f"new {n}", 20) for n in range(3)],
        vain("请问RWKV是怎么训练的呢", "new 3", 20),
        *[vain("灾难性遗忘怎么缓解？", f"new {n}", 20, "listed_unanswered") for n in range(5)],
        *[vain("Mamba 是什么？", "loud", 20)] * 50,
        *[vain("什么是 LoRA？", f"new {n}", 20, "answered") for n in range(5)],
    ]
    found = entries_to_write(requests, since=15, start=5, least=3)
    assert [(each.question, each.visitors, each.before, each.listed) for each in found] == [
        ("灾难性遗忘怎么缓解？", 5, 0, True),
        ("RWKV 是怎么训练的？", 4, 2, False),
    ]


def test_the_page_has_counts_and_nothing_of_anybody(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none: dict[str, Any] = {"status": "not_in_documents", "citations": []}
    for n in range(3):
        keep(store, f"many-{n}", "没有。", "<b>RWKV</b> 怎么训练？写信到 a@b.example", **none)
    keep(store, "one", "没有。", "我叫张三，我的报销怎么样了？", **none)
    page = tmp_path / "out" / "vain.html"
    assert main(["vain", "--store", str(tmp_path / "store.sqlite"), "--out", str(page)]) == 0
    told = page.read_text("utf-8") + capsys.readouterr().out
    assert "&lt;b&gt;RWKV&lt;/b&gt; 怎么训练？写信到 [e-mail]" in told
    assert "<td>3</td>" in told
    for each in ("b.example", "张三", "many-"):
        assert each not in told
