from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ingest.fit.reranker import negatives
from ingest.fit.reranker.exported import Exported
from ingest.fit.reranker.int8 import export
from ingest.fit.reranker.negatives import Found, mine, refreshed
from ingest.fit.reranker.sets import Question, QuestionSet
from ingest.fit.reranker.vocabulary import cut
from ingest.index.bm25 import Postings
from tests.support.packs import WORDS
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.tiny_reranker import write_base

PASSAGES = [
    ["注意力机制让模型关注输入的不同部分。", "多头注意力把查询、键和值投影到多个子空间。", "它的复杂度是平方级的。"],
    ["KV 缓存保存每一层的键和值。", "PagedAttention 按页管理 KV 缓存。"],
    ["知识蒸馏让小模型学大模型的输出。", "温度让分布更平滑。"],
    ["接连差残由解缓失消度梯。", "梯度消失由残差连接缓解。"],
    ["LoRA 只训练低秩矩阵。", "The rank of LoRA is small.", "低秩矩阵的秩由 r 决定。"],
    ["🚀", "一句别的话，与什么都无关。"],
    ["残差连接, residual connection, skip connection: 残差连接", "接连差残是么什？"],
    ["數據並行與模型並行。", "Transformer 的每一层都有注意力。"],
]
WINDOWS = [window for windows in PASSAGES for window in windows]
OWNERS = [owner for owner, windows in enumerate(PASSAGES) for _ in windows]
ASKED = [
    ("KV 缓存是怎么按页管理的？", 1),
    ("多头注意力投影到哪里？", 0),
    ("What is knowledge distillation?", 2),
    ("低秩矩阵的秩怎么定？", 4),
    ("数据并行？", 7),
    ("什么是残差连接？", 6),  # one window shares its words, the other but its characters
    ("梯度消失怎么缓解？", 3),  # both windows are of the same characters, one has its words
    ("今天天气如何？", None),
    ("🚀🚀", 5),
]


class NoEmbedder(TinyEmbedder):
    """Embeds nothing: who asks it has not looked into the cache."""

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        raise AssertionError("passages were embedded again")

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError("questions were embedded again")


def names(text: str) -> str:
    return WORDS.bilingual(text).removeprefix(text).strip()


@pytest.fixture(scope="module")
def questions() -> QuestionSet:
    asked = tuple(Question(text, owner, (), False, names(text)) for text, owner in ASKED)
    return QuestionSet("tiny", tuple(WINDOWS), tuple(OWNERS), asked)


def silent(stage: str, done: int, total: int) -> None:
    pass


def reference(question: str, depth: int) -> list[tuple[int, float, float]]:
    """Row, BM25 score and cosine of each passage's best window, passages by reciprocal rank fusion, in plain lists."""
    bm25 = Postings.build([WORDS.terms(window) for window in WINDOWS]).scores(WORDS.terms(question)).tolist()
    tiny = TinyEmbedder()
    cosines = (tiny.embed_passages(WINDOWS) @ tiny.embed_queries([WORDS.bilingual(question)])[0]).tolist()
    gain = dict.fromkeys(range(len(PASSAGES)), 0.0)
    for scores in (bm25, cosines):
        best = {owner: max(s for s, o in zip(scores, OWNERS, strict=True) if o == owner) for owner in gain}
        ranked = sorted((owner for owner in gain if best[owner] > 0), key=lambda owner: -best[owner])
        for rank, owner in enumerate(ranked, 1):
            gain[owner] += 1 / (60 + rank)
    found = []
    for owner in sorted((o for o in gain if gain[o]), key=lambda owner: -gain[owner])[:depth]:
        rows = [row for row, o in enumerate(OWNERS) if o == owner]
        row = max(rows, key=lambda row: 2 * bm25[row] / max(*bm25, 1e-9) + 20 * cosines[row])
        found.append((row, bm25[row], cosines[row]))
    return found


def test_one_window_of_each_passage(questions: QuestionSet, tmp_path: Path) -> None:
    for found in mine(questions, TinyEmbedder(), WORDS, tmp_path, 8, silent):
        owners = [OWNERS[row] for row in found.rows]
        assert len(set(owners)) == len(owners) <= 8
        assert len(found.rows) == len(found.bm25) == len(found.cosines)


def test_the_window_that_answers_is_the_passages(questions: QuestionSet, tmp_path: Path) -> None:
    found = mine(questions, TinyEmbedder(), WORDS, tmp_path, 8, silent)
    firsts = [questions.windows[each.rows[0]] for each in found]
    assert firsts[0] == "PagedAttention 按页管理 KV 缓存。"
    assert firsts[1] == "多头注意力把查询、键和值投影到多个子空间。"
    assert firsts[3] == "低秩矩阵的秩由 r 决定。"
    assert firsts[4] == "數據並行與模型並行。"
    assert "接连差残是么什？" in [questions.windows[row] for row in found[5].rows]  # a high cosine outweighs words
    assert firsts[6] == "梯度消失由残差连接缓解。"
    assert firsts[8] == "🚀"


@pytest.mark.parametrize("depth", [5, 8, 30])
def test_equal_to_fusion_in_plain_lists(questions: QuestionSet, tmp_path: Path, depth: int) -> None:
    """From a depth of 5 on all 18 windows are looked at. An English question is embedded with its Chinese names."""
    every = mine(questions, TinyEmbedder(), WORDS, tmp_path, depth, silent)
    for (question, _), found in zip(ASKED, every, strict=True):
        rows, bm25, cosines = zip(*reference(question, depth), strict=True)
        assert found.rows == rows
        np.testing.assert_allclose(found.bm25, bm25, atol=5e-4)
        np.testing.assert_allclose(found.cosines, cosines, atol=6e-5)


def test_what_nothing_matches_has_no_candidates(tmp_path: Path) -> None:
    asked = QuestionSet("none", ("甲乙。", "丙丁。"), (0, 1), (Question("xyz", None, (), False),))
    assert mine(asked, TinyEmbedder(), WORDS, tmp_path, 5, silent) == [Found((), (), ())]


def test_the_second_time_the_cache_answers(questions: QuestionSet, tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "cache"
    first = mine(questions, TinyEmbedder(), WORDS, cache, 8, silent)
    assert mine(questions, NoEmbedder(), WORDS, cache, 8, silent) == first
    with pytest.raises(AssertionError, match="embedded again"):
        mine(questions, NoEmbedder(), WORDS, tmp_path / "other", 8, silent)
    with pytest.raises(AssertionError, match="embedded again"):
        mine(questions, NoEmbedder(), WORDS, cache, 7, silent)  # candidates of another depth are others


def test_a_longer_set_is_mined_anew(questions: QuestionSet, tmp_path: Path) -> None:
    mine(questions, TinyEmbedder(), WORDS, tmp_path, 8, silent)
    more = QuestionSet("tiny", (*questions.windows, "新的一句。"), (*questions.owners, 8), questions.questions)
    with pytest.raises(AssertionError, match="embedded again"):
        mine(more, NoEmbedder(), WORDS, tmp_path, 8, silent)


def test_a_run_killed_while_mining_leaves_no_cache(questions: QuestionSet, tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "tiny: candidates" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mine(questions, TinyEmbedder(), WORDS, tmp_path, 8, stop)
    assert len(mine(questions, TinyEmbedder(), WORDS, tmp_path, 8, silent)) == len(ASKED)


def test_progress_counts_windows_then_questions(questions: QuestionSet, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    mine(questions, TinyEmbedder(), WORDS, tmp_path, 8, lambda *step: seen.append(step))
    n = len(ASKED)
    assert seen == [("tiny", 18, 18), *(("tiny: candidates", i, n) for i in range(1, n + 1))]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A tiny model of random weights: what it prefers has nothing to do with how retrieval ranked."""
    folder = tmp_path_factory.mktemp("trained")
    torch.manual_seed(3)
    export(cut(write_base(folder, 256), folder, WINDOWS, 2), folder / "model.onnx")
    return Exported(folder)


exporter = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning", "ignore:Exporting aten:UserWarning"
)


@exporter
def test_what_the_model_prefers_comes_first(questions: QuestionSet, tmp_path: Path, trained: Exported) -> None:
    found = mine(questions, TinyEmbedder(), WORDS, tmp_path, 8, silent)
    changed = 0
    for question, before, after in zip(
        questions.questions, found, refreshed(questions, found, trained, lambda _: True, silent), strict=True
    ):
        scores = trained.scores(question.read, [questions.windows[row] for row in after.rows])
        assert list(scores) == sorted(scores, reverse=True)
        columns = [sorted(zip(each.rows, each.bm25, each.cosines, strict=True)) for each in (before, after)]
        assert columns[0] == columns[1]  # each row keeps its own figures
        changed += before.rows != after.rows
    assert changed > 4


@exporter
def test_only_what_is_taken_and_trained_on_is_read(questions: QuestionSet, tmp_path: Path, trained: Exported) -> None:
    found = mine(questions, TinyEmbedder(), WORDS, tmp_path, 8, silent)
    held = replace(questions, questions=tuple(replace(q, held_back=i == 2) for i, q in enumerate(questions.questions)))
    seen: list[tuple[str, int, int]] = []
    hard = refreshed(held, found, trained, lambda q: q.owner is not None, lambda *step: seen.append(step))
    expected = [i != 2 and owner is not None for i, (_, owner) in enumerate(ASKED)]
    assert [bool(each.rows) for each in hard] == expected
    assert seen == [("tiny: hard", i, len(ASKED)) for i in range(1, len(ASKED) + 1)]


@exporter
def test_far_candidates_are_not_read(
    monkeypatch: pytest.MonkeyPatch, questions: QuestionSet, tmp_path: Path, trained: Exported
) -> None:
    monkeypatch.setattr(negatives, "READ", 3)
    found = mine(questions, TinyEmbedder(), WORDS, tmp_path, 8, silent)
    hard = refreshed(questions, found, trained, lambda _: True, silent)
    assert [set(each.rows) for each in hard] == [set(each.rows[:3]) for each in found]
