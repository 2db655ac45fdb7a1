from dataclasses import replace

import pytest

from service.check.quotes import Checker
from service.search.passages import Passage
from service.write.writer import Quote, Sentence

TEXT = "# 标题\n\nLoRA 冻结权重。它只训练低秩矩阵。😀\n\n```python\nx = 1\n```\n"
START = TEXT.index("LoRA")
PASSAGE = Passage("c1", "5.3", "a.md", ("标题",), START, len(TEXT), TEXT[START:], 1.0)
FIRST = Quote(0, START, START + 10)  # LoRA 冻结权重。
SECOND = Quote(0, START + 10, START + 20)  # 它只训练低秩矩阵。😀


@pytest.fixture
def checker() -> Checker:
    return Checker({"a.md": TEXT}, [PASSAGE])


def said(checker: Checker, text: str, *quotes: Quote, lead: str = "") -> str | None:
    checked = checker.check(Sentence(text, quotes, lead))
    return checked.text if checked else None


def test_marks_count_from_one_and_return(checker: Checker) -> None:
    first = checker.check(Sentence("冻结。", (FIRST,), ""))
    assert first is not None
    assert first.text == "冻结。 [1]"
    assert [(c.n, c.quote, c.start, c.end, c.support) for c in first.citations] == [
        (1, "LoRA 冻结权重。", START, START + 10, 1.0)
    ]
    both = checker.check(Sentence("合起来。", (SECOND, FIRST, SECOND), "\n"))
    assert both is not None
    assert both.text == "\n合起来。 [2][1]"
    assert [(c.n, c.quote) for c in both.citations] == [(2, "它只训练低秩矩阵。😀")]


@pytest.mark.parametrize(
    "quote",
    [
        Quote(1, START, START + 10),  # no such passage
        Quote(-1, START, START + 10),
        Quote(0, START - 1, START + 10),  # before the passage
        Quote(0, START, len(TEXT) + 1),  # after it
        Quote(0, START, START),  # empty
        Quote(0, START + 10, START),
    ],
    ids=str,
)
def test_a_quote_outside_its_passage_is_no_support(checker: Checker, quote: Quote) -> None:
    assert said(checker, "一句。", quote) is None
    assert said(checker, "一句。", quote, FIRST) == "一句。 [1]"


def test_a_sentence_without_a_quote_is_dropped(checker: Checker) -> None:
    assert said(checker, "我编的。") is None


def test_a_passage_that_is_not_in_the_document_supports_nothing() -> None:
    for passage, documents in (
        (replace(PASSAGE, text="别的"), {"a.md": TEXT}),
        (PASSAGE, {"a.md": TEXT.replace("LoRA", "QLoRA")}),
        (PASSAGE, {"b.md": TEXT}),
    ):
        assert said(Checker(documents, [passage]), "一句。", FIRST) is None


def test_a_heading_needs_no_mark(checker: Checker) -> None:
    assert said(checker, "### 5.3 标题", lead="\n\n") == "\n\n### 5.3 标题"


@pytest.mark.parametrize("block", ["```\nx\n```", "~~~\nx\n~~~", "$$\nx\n$$", "| a |\n|---|\n| b |"])
def test_marks_of_a_block_stand_below_it(checker: Checker, block: str) -> None:
    assert said(checker, block, FIRST) == f"{block}\n\n[1]"


@pytest.mark.parametrize(
    "text", ["# LoRA 不用训练，效果最好", "## 标题很好", "# " + "LoRA 冻结权重 它只训练低秩矩阵" * 2, "#"]
)
def test_a_heading_states_nothing(checker: Checker, text: str) -> None:
    assert said(checker, text) is None


@pytest.mark.parametrize("text", ["# 标题", "### 5.3 标题", "## 冻结权重", "## 2. 低秩矩阵"])
def test_a_heading_is_a_title_or_a_few_words_of_the_passages(checker: Checker, text: str) -> None:
    assert said(checker, text) == text
