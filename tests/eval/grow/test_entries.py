"""Entries and their places, against the parser of ingest and by hand."""

from pathlib import Path

import pytest

from eval.golden.question import OUTLINE
from eval.grow.entries import OutlineError, load, parse, without
from ingest.parse import outline

TEXT = """# 大纲

## 1. 基础

### ★★★★☆ **1. 什么是 LoRA？**

它冻结原模型。

```text
## 2. 不是一节
```

★★★☆☆ **2. 没有答案的题**

★★★☆☆ 3**. 写错的标题**

## 2. 应用 😀

### ★☆☆☆☆ **1. 用在哪？**

到处。
"""


def test_the_three_forms_of_a_title_are_known_and_code_holds_no_section() -> None:
    found = parse(TEXT)
    assert [(e.id, e.section, e.title) for e in found] == [
        ("1.1", 1, "什么是 LoRA？"),
        ("1.2", 1, "没有答案的题"),
        ("1.3", 1, "写错的标题"),
        ("2.1", 2, "用在哪？"),
    ]
    assert [e.answer for e in found] == ["它冻结原模型。\n\n```text\n## 2. 不是一节\n```", "", "", "到处。"]
    assert TEXT[found[1].start : found[1].end] == "★★★☆☆ **2. 没有答案的题**\n\n"


def test_the_outline_is_read_as_ingest_reads_it() -> None:
    text, found = load(OUTLINE)
    _, theirs = outline.parse(OUTLINE.name, text)
    assert [(e.id, e.title, bool(e.answer), e.start, e.end) for e in found] == [
        (e.id, e.question, e.answered, e.start, e.end) for e in theirs
    ]


def test_entries_are_cut_out_and_the_others_stay_byte_for_byte() -> None:
    first, _, third, _ = parse(TEXT)
    left = without(TEXT, [third, first])
    assert left == TEXT.replace(TEXT[first.start : first.end], "").replace(TEXT[third.start : third.end], "")
    assert [e.id for e in parse(left)] == ["1.2", "2.1"]
    assert without(TEXT, []) == TEXT


def test_a_file_without_entries_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    with pytest.raises(OutlineError, match="No such file"):
        load(path)
    path.write_text("# 笔记\n", encoding="utf-8")
    with pytest.raises(OutlineError, match="has no entry of the form"):
        load(path)
    path.write_bytes(b"\xff")
    with pytest.raises(OutlineError, match="utf-8"):
        load(path)
