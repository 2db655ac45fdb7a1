"""The prompt's wording and order, what fits into it, and how questions are rewritten."""

import asyncio
from typing import Any

import pytest

from ingest.chunk import Head, Note
from service.search.passages import Passage
from service.understand.follow_ups import Message
from service.understand.rewrite import AGAIN, SPLIT, STANDALONE, ModelRewriter, Rewritten, Split
from service.workers.worker import Worker
from service.write.budget import Budget, estimate
from service.write.prompt import EXAMPLE, EXAMPLE_WORDS, VERSION, in_order, refuses, render, repeats_example
from tests.support.packs import WORDS, question

TEXTS = ("甲句说量化。乙句说剪枝。", "丙句说蒸馏。", "丁句说缓存。" * 40)


def passages() -> list[Passage]:
    starts = (100, 0, 500)
    return [
        Passage(f"c{i}", "1.1", "a.md", ("一", "二"), s, s + len(t), t, 1 - i / 10)
        for i, (s, t) in enumerate(zip(starts, TEXTS, strict=True))
    ]


def test_the_wording_has_a_version() -> None:
    assert VERSION == "0f49d443", "the prompt changed: put its new version here and measure anew"


def test_the_order_is_that_of_the_document() -> None:
    assert in_order(passages()) == [1, 0, 2]
    shown = passages()[:2]
    message = render("问？", "zh", shown, [p.text for p in shown])
    assert message.startswith('<passage n="1" from="一 > 二">\n甲句')
    assert message.endswith("问题：问？\n用中文回答，每句末尾写资料编号。")
    assert render("Why?", "en", [], []).startswith("Question: Why?\nAnswer in English.")


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("资料没有回答这个问题。", True),
        ("The passages do not answer this.", True),
        ("The provided text does not say.", True),
        ("LoRA 不增加推理延迟。", False),
    ],
)
def test_refusals(text: str, refused: bool) -> None:
    assert refuses(text) is refused


class Counts:
    def __init__(self, answer: int | None) -> None:
        self.answer, self.asked = answer, 0

    async def __call__(self, text: str) -> int | None:
        self.asked += 1
        return len(text) if self.answer is None else self.answer


def fit(tokens: int, count: Counts) -> dict[int, str]:
    return asyncio.run(Budget(WORDS, lambda term: 1.0, count, tokens).fit(question("剪枝"), passages(), ""))


def test_what_surely_fits_is_not_counted() -> None:
    count = Counts(None)
    assert fit(1000, count) == dict(enumerate(TEXTS))
    assert count.asked == 0


def test_notes_and_the_head_of_a_table_are_read_with_a_passage() -> None:
    text = "| 甲 | 10[^1] |"
    note, own = Note(90, 100, "[^1]: 雨季前。"), Note(2, 5, "[^2]")
    passage = Passage("c", None, "a.md", (), 0, len(text), text, 1.0, Head(0, 0, "| 房 | 数 |\n|---|---|"), (note, own))
    shown = asyncio.run(Budget(WORDS, lambda term: 1.0, Counts(None), 1000).fit(question("雨季"), [passage], ""))
    assert shown == {0: "| 房 | 数 |\n|---|---|\n| 甲 | 10[^1] |\n[^1]: 雨季前。"}


def test_the_least_relevant_goes_first() -> None:
    assert fit(200, Counts(None)) == {0: TEXTS[0], 1: TEXTS[1]}


def test_the_last_two_are_compressed() -> None:
    assert fit(28, Counts(None)) == {0: "乙句说剪枝。", 1: "丙句说蒸馏。"}


def test_the_estimate_is_rather_too_high() -> None:
    assert estimate("量化" * 100) >= 200
    assert estimate("word " * 100) >= 150


class Forms:
    """Fills in what it was given."""

    def __init__(self, **forms: Any) -> None:
        self._forms = forms
        self.systems: list[str] = []

    async def fill(self, form: type[Any], system: str, message: str, seconds: float) -> Any:
        self.systems.append(system)
        return self._forms.get(form.__name__)


HISTORY = [Message("user", "什么是 LoRA？"), Message("assistant", "LoRA 冻结权重。")]


@pytest.mark.parametrize(
    ("said", "searched"),
    [
        ("LoRA 有什么缺点？", "LoRA 有什么缺点？"),
        ("AdaLoRA 有什么缺点？", "什么是 LoRA？ 它有什么缺点？"),  # nobody spoke of it
        ("它有什么缺点？", "什么是 LoRA？ 它有什么缺点？"),  # nothing was rewritten
        (None, "什么是 LoRA？ 它有什么缺点？"),
    ],
)
def test_standalone(said: str | None, searched: str) -> None:
    forms = Forms(Rewritten=Rewritten(question=said) if said else None)
    assert asyncio.run(ModelRewriter(forms, 1, WORDS, Worker()).standalone("它有什么缺点？", HISTORY)) == searched
    assert forms.systems == [STANDALONE]


def test_the_model_is_not_asked_for_nothing() -> None:
    forms = Forms()
    rewriter = ModelRewriter(forms, 1, WORDS, Worker())
    assert asyncio.run(rewriter.standalone("它有什么缺点？", [])) == "它有什么缺点？"
    assert asyncio.run(rewriter.standalone("什么是 QLoRA 的双重量化？", HISTORY)) == "什么是 QLoRA 的双重量化？"
    assert asyncio.run(rewriter.split("LoRA 和 QLoRA 有什么区别？")) == []
    assert forms.systems == []


def test_split_and_again() -> None:
    parts = Split(questions=["什么是 LoRA？", "什么是剪枝？", "什么是 GPT-9？"])
    forms = Forms(Split=parts, Rewritten=Rewritten(question="低秩适配"))
    rewriter = ModelRewriter(forms, 1, WORDS, Worker())
    assert asyncio.run(rewriter.split("什么是 LoRA？什么是剪枝？")) == ["什么是 LoRA？", "什么是剪枝？"]
    assert asyncio.run(rewriter.again("什么是 LoRA？")) == "什么是 LoRA？ 低秩适配"
    assert forms.systems == [SPLIT, AGAIN]


def test_words_of_the_example_have_no_source() -> None:
    assert repeats_example("大模型在高山上能理解指令。", "大模型做什么？", "机器人能理解指令。")
    assert not repeats_example("大模型能理解指令。", "大模型做什么？", "机器人能理解指令。")
    assert not repeats_example("高山上气压低。", "高山上气压多少？", "")
    assert set(EXAMPLE_WORDS) <= set(WORDS.terms(EXAMPLE))
