import asyncio
from collections.abc import AsyncIterator

import pytest

from ingest.pack import none
from service.search.passages import Passage
from service.understand.conversation import Turn
from service.understand.follow_ups import Message
from service.write.edit import Brief, Edit, Unsaid, Without, edited
from service.write.writer import Gap, Sentence

HEAD, LEAD, ONE, TWO, THREE, FOUR = (
    *("### 除垢", "步骤如下：", "- 倒入一升水。", "- 加入除垢剂。", "- 等待二十分钟。", "不要用醋。"),
)


def told(edit: Edit, *texts: str) -> list[str]:
    async def written() -> AsyncIterator[Sentence]:
        for text in texts:
            yield Sentence(text, ())

    async def every() -> list[str]:
        return [each.text async for each in edit(written()) if not isinstance(each, Gap)]

    return asyncio.run(every())


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        ((HEAD, LEAD, ONE, TWO, THREE, FOUR), [ONE, TWO]),
        ((ONE, TWO, THREE), [ONE]),
        ((HEAD, ONE), [ONE]),
        ((HEAD, LEAD), [LEAD]),
        ((), []),
    ],
)
def test_a_short_answer_is_at_most_half_of_it(texts: tuple[str, ...], left: list[str]) -> None:
    assert told(Brief(), *texts) == left


def test_what_was_said_is_left_out_with_the_headings_above_it() -> None:
    said = "### 除垢\n\n步骤如下： [1]\n\n- 倒入一升水。 [1]\n- 加入除垢剂。 [2]"
    assert told(Unsaid([said]), HEAD, LEAD, ONE, TWO) == []
    assert told(Unsaid([said]), HEAD, LEAD, ONE, THREE, "### 清洗", FOUR) == [HEAD, THREE, "### 清洗", FOUR]


def test_marks_and_emphasis_do_not_make_a_sentence_new() -> None:
    assert told(Unsaid(["**水箱** 容量为 1.8 升。 [3]"]), "水箱容量为 1.8 升。", FOUR) == [FOUR]


def test_what_is_excluded_is_left_out_where_it_is_the_subject() -> None:
    edit = Without("茶", none().words)
    assert told(edit, "- 茶：泡三分钟。", "- 咖啡：比茶浓。", "### 茶", "水温八十度。", "### 咖啡", "水温九十度。") == [
        *("- 咖啡：比茶浓。", "### 咖啡", "水温九十度。"),
    ]
    passages = [Passage("c", None, "a.md", ("饮料", name), 0, 1, "x", 1.0) for name in ("茶", "咖啡")]
    assert [edit.allows(passage) for passage in passages] == [False, True]


def test_whole() -> None:
    assert told(Edit(), HEAD, ONE) == [HEAD, ONE]


def test_what_a_message_leaves_out() -> None:
    words, said = none().words, [Message("user", "怎么泡？"), Message("assistant", "水温八十度。[1]")]
    besides = "除了绿茶以外还有什么饮料？"
    assert edited(Turn("subject", besides, besides), [], words) == Without("绿茶", words)
    assert edited(Turn("more", "怎么泡？", "怎么泡？"), said, words) == Unsaid(["水温八十度。[1]"])
    assert edited(Turn("shorter", "怎么泡？", "怎么泡？"), said, words) == Brief()
    assert edited(Turn("subject", "怎么除垢？", "怎么除垢？"), said, words) == Edit()
