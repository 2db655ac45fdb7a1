"""What answers state and which marks stand behind it, by hand."""

import pytest

from eval.score.prose import holds, marks, unbroken, unmarked


@pytest.mark.parametrize(
    ("point", "held"),
    [
        ("59", True),
        ("5.14", True),
        ("5.1", False),  # part of 5.14
        ("4", False),  # part of 146; as a mark it does not count
        ("5星33道", True),
        ("5星34道", False),
        ("没有答案", True),
        ("没有 答案", True),
        ("LoRA", True),
        ("QLoRA", False),
    ],
)
def test_key_points_hold_by_numbers_or_by_text(point: str, held: bool) -> None:
    answer = "共 146 个条目，5 星 33 个，其中 59 个没有答案。 [4]\n- 5.14 lora"
    assert holds(answer, point) is held


def test_marks_are_not_sought_in_code_and_formulas() -> None:
    answer = "甲 [1][2]，`x[3]`\n\n```py\ny[4]\n```\n\n$$\nz[5]\n$$\n\n[12]\n\n| a | b [6] |\n|---|---|\n"
    assert marks(answer) == {1, 2, 6, 12}
    assert marks("~~~\nx[1]") == set()


MARKED = {
    "sentence": "甲是乙。 [1]",
    "mark before the stop": "甲是乙[1]。丙是丁[2]。",
    "two sentences": "甲是乙。[1] 丙是丁。[1][2]",
    "headings": "## 标题。\n\n### 5.3 标题\n\n甲。 [1]",
    "a question states nothing": "**什么是甲？** 甲是乙。[1]",
    "list": "- 甲 [1]\n  - 乙。 [2]\n1. 丙 [3]",
    "code block": "```python\n# 甲\nx = y[0]\n```\n\n[1]",
    "formula": "$$\nx = y_1\n$$\n\n[1]",
    "formula on one line": "$$x = y$$ [1]",
    "formula with its mark on the last line": "$$\nx\n$$ [1]",
    "table": "| 甲 | 乙 |\n| --- | --- |\n| 1 | 2 |\n\n[1]",
    "marks in a table": "| 甲 | 乙 [1] |\n| --- | --- |\n| 1 | 2 [2] |",
    "soft line break": "This goes\non. [1]",
    "abbreviation": "See e.g. Word2Vec vs. BERT. [1]",
    "closing quote": "他说“甲。”乙。 [1]",
    "rule": "甲。 [1]\n\n---\n\n乙。 [2]",
    "nothing": "",
}


@pytest.mark.parametrize("answer", MARKED.values(), ids=MARKED.keys())
def test_every_statement_has_a_mark(answer: str) -> None:
    assert unmarked(answer, {}) == []


UNMARKED = {
    "no mark": ("甲是乙。", ["甲是乙。"]),
    "first of two": ("甲是乙。丙是丁。[1]", ["甲是乙。"]),
    "English, first of two": ("First thing holds. Second does. [1]", ["First thing holds."]),
    "after the mark": ("甲是乙。[1] 丙是丁。", ["丙是丁。"]),
    "list item": ("- 甲\n- 乙 [1]", ["甲"]),
    "lead-in": ("如下：\n\n- 乙 [1]", ["如下："]),
    "code": ("```\nx\n```\n\n甲 [1]", ["```\nx\n```"]),
    "code never closed": ("甲 [1]\n```\nx [1]", ["```\nx [1]"]),
    "heading between": ("甲\n\n## 乙\n\n丙 [1]", ["甲"]),
    "index in a code span": ("甲是 `x[1]`", ["甲是 `x(1)`"]),
}


@pytest.mark.parametrize(("answer", "faults"), UNMARKED.values(), ids=UNMARKED.keys())
def test_a_statement_without_a_mark_is_named(answer: str, faults: list[str]) -> None:
    assert unmarked(answer, {}) == faults


def test_one_mark_serves_a_quote_of_several_sentences() -> None:
    quote = "- **甲**：甲是乙的一种。\n\n  $$x = y$$\n\n  所以丙也是丁。"
    answer = "- 甲：甲是乙的一种。\n\n  $$x = y$$\n\n  所以丙也是丁。 [3]"
    assert unmarked(answer, {3: quote}) == []
    assert unmarked(answer, {3: "所以丙也是丁。"}) == ["甲：甲是乙的一种。", "$$x = y$$"]
    # Less than half of the first sentence is in the quote.
    assert unmarked("甲是乙的一种，与戊己庚辛无关。所以丙也是丁。[3]", {3: quote}) == ["甲是乙的一种，与戊己庚辛无关。"]


@pytest.mark.parametrize(
    ("before", "quote", "after", "whole"),
    [
        ("", "LoRA 冻结权重。", "", True),
        ("\n", "- **快**: 训练快。", "\n", True),
        ("。", "它只训练低秩矩阵。", "然", True),
        ("\n", "| a | b |", "\n", True),
        ("结", "权重。", "\n", False),
        ("\n", "LoRA 冻结权", "重", False),
        ("：", "`W`（见下）。”", "它", True),
    ],
)
def test_a_quote_is_unbroken(before: str, quote: str, after: str, whole: bool) -> None:
    assert unbroken(before, quote, after) is whole
