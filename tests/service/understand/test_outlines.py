"""Several outlines in one index, and none."""

from pathlib import Path

import pytest

from ingest.pack import none
from service.understand.outline import Facts, Outline
from service.understand.slots import read
from service.write.facts import stated
from tests.support.tiny_index import index

PUMPS = """# 水泵大纲

## 1. 保养

### ★★★★★ **1. 多久换一次机油？**

每三个月换一次。油量为两升。

### ★★★☆☆ **2. 谁负责保养？**

## 2. 故障

### ★★★★☆ **1. 不出水怎么办？**

先看：

- 阀门是否打开。
"""
FANS = """# 风机大纲

## 1. 安装

### ★★★★☆ **1. 皮带怎么装？**

先松开张紧轮。
"""


def facts(outline: Outline, question: str) -> Facts | None:
    return outline.facts(read(question, none().words))


def test_an_id_that_two_outlines_have_means_both_or_the_one_that_is_named(tmp_path: Path) -> None:
    outline = Outline(index(tmp_path, 水泵大纲=PUMPS, 风机大纲=FANS))

    def named(question: str) -> list[tuple[str, str]]:
        answer = facts(outline, question)
        return [(entry.document, entry.id) for entry in answer.entries] if answer else []

    assert named("1.1 是什么题？") == [("水泵大纲.md", "1.1"), ("风机大纲.md", "1.1")]
    assert named("风机大纲的 1.1 是什么题？") == [("风机大纲.md", "1.1")]
    assert named("风机大纲一共有多少道题？") == [("风机大纲.md", "1.1")]
    assert len(named("一共有多少道题？")) == 4
    assert named("1.2 的下一题是什么？") == [("水泵大纲.md", "2.1")]


def test_sections_say_whose_they_are(tmp_path: Path) -> None:
    snapshot = index(tmp_path, 水泵大纲=PUMPS, 风机大纲=FANS)
    answer = facts(Outline(snapshot), "大纲有几章？")
    assert answer is not None
    assert [sentence.text for sentence in stated(answer, snapshot, "zh").sentences] == [
        "共有 3 个部分：",
        "- 《水泵大纲》第 1 部分「保养」：2 个条目，其中 1 个有答案",
        "- 《水泵大纲》第 2 部分「故障」：1 个条目，其中 1 个有答案",
        "- 《风机大纲》第 1 部分「安装」：1 个条目，其中 1 个有答案",
    ]


def test_a_summary_leaves_what_only_announces(tmp_path: Path) -> None:
    snapshot = index(tmp_path, 水泵大纲=PUMPS)
    answer = facts(Outline(snapshot), "总结一下第二章")
    assert answer is not None
    assert stated(answer, snapshot, "zh").sentences[-1].text == "- **2.1** 不出水怎么办？：阀门是否打开。"


@pytest.mark.parametrize("question", ["一共有多少道题？", "3.8 是什么题？", "第三章有几道题？"])
def test_no_outline_no_facts(tmp_path: Path, question: str) -> None:
    outline = Outline(index(tmp_path, 手册="# 手册\n\n## 夜班\n\n夜班从十点开始。\n"))
    assert facts(outline, question) is None


@pytest.mark.parametrize("question", ["这份文档讲了什么？", "有几章？", "What is this document about?"])
def test_documents_without_entries_tell_their_headings(tmp_path: Path, question: str) -> None:
    snapshot = index(tmp_path, 手册="# 手册\n\n## 夜班\n\n夜班从十点开始。\n\n## 白班\n\n白班从六点开始。\n")
    answer = facts(Outline(snapshot), question)
    assert answer is not None
    assert [sentence.text for sentence in stated(answer, snapshot, "zh").sentences] == ["- 《手册》：夜班、白班"]
