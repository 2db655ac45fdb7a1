"""Lead-ins that wait for what they lead in to."""

import pytest

from service.check.leads import Joined, Leads
from service.search.passages import Passage
from service.write.writer import Quote, Sentence


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (["泵是铜的。", "滤芯每季更换。"], ["泵是铜的。", "滤芯每季更换。"]),
        (["步骤如下：", "1. 断电。"], ["步骤如下：", "1. 断电。"]),
        (["**作用**：", "1. 断电。"], ["**作用**：", "1. 断电。"]),  # bold words are no bullet
        (["2024 年的步骤：", "断电。"], ["2024 年的步骤：", "断电。"]),
        (["- **泵**：", "  - 重量：两斤。"], ["- **泵**：", "  - 重量：两斤。"]),
        (
            ["- **泵**：", "- **阀**：", "  - 颜色：红。"],
            ["- **阀**：", "  - 颜色：红。"],
        ),  # the pump's items were dropped
        (["- **泵**：", "滤芯每季更换。"], ["滤芯每季更换。"]),
        (["- **泵**："], []),
        (["### 泵", "#### 保养", "每月一次。"], ["### 泵", "#### 保养", "每月一次。"]),
        (["### 泵", "### 阀", "是红的。"], ["### 阀", "是红的。"]),
        (["#### 保养", "做法如下：", "### 阀", "是红的。"], ["### 阀", "是红的。"]),
        (["### 泵"], []),
    ],
)
def test_what_announces_is_said_with_what_stands_below_it(came: list[str], said: list[str]) -> None:
    leads = Leads()
    assert [each.text for text in came for each in leads.take(Sentence(text, ()))] == said


LINES = [
    "- **泵**：",
    "  - 铜的。",
    "  - 两斤。",
    "- **阀**",
    "  - 红的。",
    "- **滤芯**",
    "- **滤网**",
    "用法：",
    "先冲洗。",
]
TEXT = "\n".join(LINES)
PASSAGE = Passage("c1", None, "a.md", ("机器",), 5, 5 + len(TEXT), TEXT, 1.0)


def from_document(number: int) -> Sentence:
    start = PASSAGE.start + len("\n".join(LINES[:number])) + (number > 0)
    return Sentence(LINES[number], (Quote(0, start, start + len(LINES[number])),))


@pytest.mark.parametrize(
    ("came", "said"),
    [
        ([0, 1, 2], ["- **泵**：\n  - 铜的。", "  - 两斤。"]),
        ([0, 2], ["- **泵**：\n  - 两斤。"]),
        ([3, 4], ["- **阀**\n  - 红的。"]),
        ([5, 6], ["- **滤芯**", "- **滤网**"]),  # they are what was asked for
        ([7, 8], ["用法：\n先冲洗。"]),
        ([1, 7], ["  - 铜的。", "用法："]),
    ],
)
def test_a_label_goes_with_what_stands_below_it(came: list[int], said: list[str]) -> None:
    joined = Joined([PASSAGE])
    passed = [each for number in came for each in joined.take(from_document(number))]
    assert [each.text for each in [*passed, *joined.rest()]] == said


def quoted(*came: int) -> list[str]:
    joined = Joined([PASSAGE])
    (said,) = [each for number in came for each in joined.take(from_document(number))]
    return [TEXT[quote.start - PASSAGE.start : quote.end - PASSAGE.start] for quote in said.quotes]


def test_neighbours_are_in_one_quote_others_in_one_each() -> None:
    assert quoted(0, 1) == ["- **泵**：\n  - 铜的。"]
    assert quoted(0, 2) == ["- **泵**：", "  - 两斤。"]


def test_what_stands_outside_of_the_passage_has_its_own_quote() -> None:
    joined = Joined([PASSAGE])
    note = Sentence("铜的。", (Quote(0, PASSAGE.end + 9, PASSAGE.end + 12),))
    (said,) = [each for sentence in (from_document(7), note) for each in joined.take(sentence)]
    assert len(said.quotes) == 2


def test_what_was_counted_keeps_its_own_marks() -> None:
    counted = Sentence("共有两个部件：", (Quote(0, PASSAGE.start, PASSAGE.end),))
    joined = Joined([PASSAGE])
    passed = [each for sentence in (counted, from_document(3)) for each in joined.take(sentence)]
    assert [each.text for each in [*passed, *joined.rest()]] == ["共有两个部件：", "- **阀**"]
