import pytest

from ingest.parse.items import items_of
from ingest.parse.lines import lines_of
from ingest.parse.markdown import parse


def blocks(text: str) -> list[tuple[str, str]]:
    return [
        (block.kind, text[block.start : block.end]) for part in parse("a.md", text).sections for block in part.blocks
    ]


@pytest.mark.parametrize(
    "items",
    [
        ("（1）断电。", "（2）倒水。", "（3）擦干。"),
        ("(1) Unplug it.", "(2) Drain it."),
        ("①断电。", "②倒水。"),
        ("1）断电。", "2）倒水。"),
        ("1)断电。", "2)倒水。"),
        ("1、断电。", "2、倒水。"),
        ("a) unplug it and", "b) drain it"),
        ("(h) a", "(i) b", "(j) c"),
        ("(i) a", "(ii) b"),
        ("（九）甲", "（十）乙", "（十一）丙"),
        ("**（1）断电**：拔插头。", "**（2）倒水**：倒净。"),
    ],
)
@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.parametrize("above", ["", "步骤如下：\n", "步骤如下\n\n", "- 另一项\n", "| 甲 |\n|---|\n"])
def test_lines_that_count_on_are_items_as_they_are_written(items: tuple[str, ...], between: str, above: str) -> None:
    found = blocks(f"{above}{between.join(items)}\n\n完。\n")
    assert found[-len(items) - 1 :] == [*(("list_item", item) for item in items), ("paragraph", "完。")]


@pytest.mark.parametrize(
    "text",
    [
        "(1) alone begins a sentence.\n\nAnother follows.",
        "（1）一句。\n\n（3）不相连。",
        "a) is how some begin a sentence.",
        "(1) one form\n\n2）another",
        "The equations\n(1) and the rest\nof the sentence, with\n(2) in it",
        "(2) later\n\n(1) sooner",
        "  (1) deeper\n\n(2) than this",
    ],
)
def test_what_does_not_count_on_is_text(text: str) -> None:
    assert {kind for kind, _ in blocks(text)} == {"paragraph"}


def test_code_has_no_items() -> None:
    assert blocks("```\n(1) a\n(2) b\n```\n") == [("code", "```\n(1) a\n(2) b\n```")]


def test_an_item_has_its_further_lines_and_lists_stand_within_lists() -> None:
    text = "1. 准备\n（1）断电，\n拔插头。\n（2）倒水。\n\n   倒净。\n2. 清洗\n   ① 刷\n   ② 冲\n"
    assert [words for kind, words in blocks(text) if kind == "list_item"] == [
        "1. 准备",
        "（1）断电，\n拔插头。",
        "（2）倒水。\n\n   倒净。",
        "2. 清洗",
        "① 刷",
        "② 冲",
    ]


def test_marks_of_markdown_need_no_other() -> None:
    assert items_of(list(lines_of("1. a\n- b\n\nc\n(1) d")), ()) == {0, 1}


def test_a_list_goes_on_below_lines_between() -> None:
    text = "（1）断电。\n\n| 甲 |\n|---|\n| 乙 |\n\n说明一句。\n\n（2）倒水。\n"
    assert [kind for kind, _ in blocks(text)] == ["list_item", "table", "paragraph", "list_item"]
