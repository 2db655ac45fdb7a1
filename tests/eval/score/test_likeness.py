"""What words settle is settled by hand-made vectors; what meaning settles by the real model, on labelled sentences."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from eval.golden.question import OUTLINE, GoldenQuestion
from eval.score.exchange import Citation
from eval.score.likeness import COSINE, FLOOR, POINT, Encoder, Likeness, LikenessError, marked, sentences
from eval.score.row import Row
from tests.support.paths import ROOT

FROZEN, SMALL = "LoRA 冻结原模型的权重。", "它只训练两个低秩矩阵。"
FRUIT = "香蕉富含钾元素。"
PAIRS = ROOT / "ingest/packs/llm-interview/support.jsonl"
BEYOND = (
    "ending",
    "count",
)  # a true sentence but for its end, or for a number in a word: likeness lets 67 of 84 through


class Toy:
    """Vectors at a set angle: the cosine of two texts that are given one is the product of theirs."""

    def __init__(self, **cosines: float) -> None:
        self.cosines, self.asked = cosines, list[list[str]]()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append(list(texts))
        angles = np.arccos([self.cosines.get(text, 0.0) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def row(answer: str, *quotes: str, status: str = "answered", **question: object) -> Row:
    told = {"evidence": [FROZEN], "key_points": ["低秩矩阵"], "kind": "detail", "status": "answered", **question}
    asked = GoldenQuestion(id="q-1", question="LoRA 是什么？", language="zh", entries=["5.3"], **told)  # type: ignore[arg-type]
    cited = tuple(Citation(n, "5.3", "大纲.md", 0, len(q), q) for n, q in enumerate(quotes, 1))
    return Row(asked, status, answer, cited)


@pytest.fixture(scope="module")
def likeness(model_folder: Path) -> Likeness:
    return Likeness(model_folder)


def test_an_extractive_answer_scores_one_and_needs_no_model() -> None:
    toy = Toy()
    answer = f"{FROZEN}[1] {SMALL}[2]"
    assert Likeness(encode=toy).score(row(answer, FROZEN, SMALL)) == {
        "supported": 1.0,
        "similarity": 1.0,
        "key_points": 1.0,
    }
    assert toy.asked == []


def test_similarity_is_the_mean_of_the_nearest_sentences_above_the_floor() -> None:
    cosine = (1 + FLOOR) / 2  # half way from the floor to one
    toy = Toy(**{"证据甲": 1.0, "证据乙": 1.0, "第一句。": cosine, "第二句。": 0.5})
    figures = Likeness(encode=toy).score(
        row("第一句。[1] 第二句。[1]", "无", evidence=["证据甲", "证据乙"], key_points=[])
    )
    assert figures["similarity"] == pytest.approx(0.5, abs=1e-4)
    below = Toy(**{"证据甲": 1.0, "第一句。": FLOOR - 0.1})
    assert Likeness(encode=below).score(row("第一句。[1]", "无", evidence=["证据甲"]))["similarity"] == 0.0


def test_key_points_are_held_by_words_numbers_or_meaning() -> None:
    points = ["低秩", "占 0.01%", "近义", "别的"]
    toy = Toy(**{"近义": 1.0, "别的": 0.0, "低秩，仅 0.01。": POINT + 0.01})
    figures = Likeness(encode=toy).score(row("低秩，仅 0.01。[1]", "无", key_points=points, evidence=[]))
    assert figures["key_points"] == 3 / 4
    short = Toy(**{"近义": 1.0, "别的": 0.0, "低秩，仅 0.01。": POINT - 0.01})
    assert (
        Likeness(encode=short).score(row("低秩，仅 0.01。[1]", "无", key_points=points, evidence=[]))["key_points"]
        == 2 / 4
    )


def test_all_texts_of_a_row_are_embedded_at_once() -> None:
    toy = Toy()
    Likeness(encode=toy).score(
        row("第一句。[1] 第二句。[1]", "第一句话。", evidence=["证据甲", "证据乙"], key_points=["甲", "乙"])
    )
    assert len(toy.asked) <= 2  # one for the evidence and the points, one for the quotes


@pytest.mark.parametrize(
    ("answer", "quotes", "expected"),
    [
        (f"{FROZEN}[1]", [FROZEN + SMALL], 1.0),
        (f"**{FROZEN}** [1]", [FROZEN], 1.0),  # Markdown does not count
        (FROZEN, [FROZEN], 0.0),  # no mark
        (f"{FROZEN}[2]", [FROZEN], 0.0),  # a mark without its citation
        (f"{FROZEN}[1] {SMALL}", [FROZEN + SMALL], 1 / 2),  # the second has none
        (f"{FROZEN}{SMALL}[1]", [FROZEN + SMALL], 1.0),  # one mark for a quote of two sentences
        (f"{FRUIT}[1]", [FROZEN], 0.0),
        ("LoRA 不冻结原模型的权重。[1]", [FROZEN], 0.0),  # negated
        ("QLoRA 冻结原模型的权重。[1]", [FROZEN], 0.0),  # a name that is not there
        ("它只训练 2 个低秩矩阵。[1]", [SMALL], 0.0),  # nor a number
        ("它只训练两个满秩矩阵。[1]", [SMALL], 0.0),  # all but a word
    ],
)
def test_words_settle_what_a_quote_carries(answer: str, quotes: list[str], expected: float) -> None:
    assert Likeness(encode=Toy()).score(row(answer, *quotes))["supported"] == expected


def test_what_words_leave_open_is_settled_by_the_cosine() -> None:
    quote, told = "它只训练两个低秩矩阵。", "训练的只有低秩矩阵两个。"
    near, far = Toy(**{quote: 1.0, told: COSINE + 0.01}), Toy(**{quote: 1.0, told: COSINE - 0.01})
    assert Likeness(encode=near).score(row(f"{told}[1]", quote))["supported"] == 1.0
    assert Likeness(encode=far).score(row(f"{told}[1]", quote))["supported"] == 0.0


def test_an_answer_that_should_not_be_is_only_held_against_its_quotes() -> None:
    scorer = Likeness(encode=Toy())
    assert scorer.score(row("没有找到。", status="not_in_documents")) == {}
    unasked = row(f"{FROZEN}[1]", FROZEN)
    asked = GoldenQuestion("q-2", "out_of_scope", "天气？", "zh", "not_in_documents", [], [], [])
    assert scorer.score(Row(asked, "answered", unasked.answer, unasked.citations)) == {"supported": 1.0}


def test_what_is_counted_has_no_quote_to_be_held_against() -> None:
    figures = Likeness(encode=Toy()).score(
        row("共有 146 个条目。[1]", "## 1. 基础", kind="structure", evidence=[], key_points=["146"])
    )
    assert figures == {"key_points": 1.0}


def test_sources_carry_an_answer_without_marks() -> None:
    scorer = Likeness(encode=Toy())
    assert scorer.carried(f"{FROZEN}{FRUIT}", [SMALL, FROZEN]) == 1 / 2
    assert scorer.carried("？", [FROZEN]) is None


def test_statements_and_their_marks() -> None:
    answer = f"## 标题\n\n{FROZEN}[1] 是吗？\n\n- {SMALL}[2][3]\n- 没有标记的一句。"
    assert sentences(answer) == [FROZEN, SMALL, "没有标记的一句。"]
    quotes = {1: FROZEN, 2: SMALL, 3: SMALL}
    assert marked(answer, quotes) == [(FROZEN, (1,)), (SMALL, (2, 3)), ("没有标记的一句。", ())]


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(LikenessError, match=r"no embedding model in .*ingest build"):
        Encoder(tmp_path)
    (tmp_path / "modules.json").write_text("[")
    with pytest.raises(LikenessError, match=r"cannot load the embedding model in .*ingest build"):
        Encoder(tmp_path)


def test_vectors_are_of_unit_norm_and_near_for_the_same_in_two_languages(model_folder: Path) -> None:
    encoder = Encoder(model_folder)
    zh, en, other = encoder([SMALL, "It trains two low-rank matrices only.", FRUIT])
    assert np.linalg.norm(zh) == pytest.approx(1, abs=1e-5)
    assert float(zh @ en) > float(zh @ other)
    # The prefix: without it the same text has another vector.
    bare = encoder._model.encode([SMALL], normalize_embeddings=True, show_progress_bar=False)[0]
    assert float(zh @ bare) < 0.999


def test_support_tells_right_from_wrong_on_sentences_labelled_by_hand(likeness: Likeness) -> None:
    """Every twelfth of the labels but BEYOND; all of these give 89 %, held-out halves 86 %."""
    outline = OUTLINE.read_text("utf-8")
    every = (json.loads(line) for line in PAIRS.read_text("utf-8").splitlines())
    records = [r for r in every if r["kind"] not in BEYOND][::12]
    right = [(likeness.carried(r["claim"], [outline[r["start"] : r["end"]]]) == 1.0) == r["supported"] for r in records]
    assert len(right) > 40
    assert sum(right) / len(right) > 0.8


@pytest.mark.parametrize("kind", ["verbatim", "number", "negation", "name", "sibling"])
def test_support_of_copies_and_of_what_was_changed_in_them(kind: str, likeness: Likeness) -> None:
    outline = OUTLINE.read_text("utf-8")
    records = [r for r in map(json.loads, PAIRS.read_text("utf-8").splitlines()) if r["kind"] == kind][:12]
    for r in records:
        kept = likeness.carried(r["claim"], [outline[r["start"] : r["end"]]]) == 1.0
        assert kept == r["supported"], r["claim"]
