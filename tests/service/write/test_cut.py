"""Cutting a stream: the same pieces however it is chunked, marks of every kind, and what must stay whole."""

import random

import pytest

from service.write.cut import Cutter, Fragment, numbers, tidy

TEXT = """LoRA 冻结权重[1]。它只训练矩阵。[2][3] 还有【1】更多。

优点包括：[1]
- **快**：训练快。[1] 省显存 [2, 3]。
  1. 子项 3.5 倍。
- 第二 [4]

```python
x = a[1]
# 注释。[2]
```
[2]

| a | b |
|---|---|
| 1 [1] | 2 |

$$
E=mc^2
$$ [3]

# 标题 [1]
End of it. e.g. this one. [1] Next `a.b[1]. c` ok.
[1]
"""


def cut(text: str, *sizes: int) -> list[Fragment]:
    cutter, found, at, turn = Cutter(), list[Fragment](), 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        found += cutter.feed(text[at : at + size])
        at, turn = at + size, turn + 1
    return [*found, *cutter.end()]


def test_pieces() -> None:
    assert [(p.text, p.lead, p.marks, p.kind) for p in cut(TEXT, len(TEXT))] == [
        ("LoRA 冻结权重。", "", (1,), "sentence"),
        ("它只训练矩阵。", " ", (2, 3), "sentence"),
        ("还有更多。", " ", (1,), "sentence"),
        ("优点包括：", "\n\n", (1,), "sentence"),
        ("**快**：训练快。", "\n- ", (1,), "sentence"),
        ("省显存。", " ", (2, 3), "sentence"),
        ("子项 3.5 倍。", "\n  1. ", (), "sentence"),
        ("第二", "\n- ", (4,), "sentence"),
        ("```python\nx = a[1]\n# 注释。[2]\n```", "\n\n", (2,), "code"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "\n\n", (1,), "table"),
        ("$$\nE=mc^2\n$$", "\n\n", (3,), "formula"),
        ("# 标题", "\n\n", (1,), "heading"),
        ("End of it.", "\n\n", (), "sentence"),
        ("e.g. this one.", " ", (1,), "sentence"),
        ("Next `a.b[1]. c` ok.", " ", (1,), "sentence"),
    ]


def test_however_the_stream_is_chunked() -> None:
    whole, pick = cut(TEXT, len(TEXT)), random.Random(1)
    for _ in range(50):
        assert cut(TEXT, *(pick.randint(1, 9) for _ in range(20))) == whole


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("一句[1]。", (1,)),
        ("一句【2】", (2,)),
        ("一句 [1, 3]", (1, 3)),
        ("一句［1］［1］", (1,)),
        ("一句，资料编号为[3]。", (3,)),
        ("一句（见资料[2]）", (2,)),
        ("一句 [passage 2]", (2,)),
        ("一句［1、2］ 。", (1, 2)),
        ("一句（来源：【1；3】）。", (1, 3)),
        ("看[1](http://a.b)", ()),
        ("没有", ()),
    ],
)
def test_marks(text: str, marks: tuple[int, ...]) -> None:
    assert numbers(text) == marks
    assert tidy(text).startswith(("一句", "看", "没有"))
    assert not marks or "[" not in tidy(text)


def test_what_is_broken_off_is_dropped() -> None:
    cutter = Cutter()
    found = [*cutter.feed("第一句。第二句。第三"), *cutter.end(finished=False)]
    assert [piece.text for piece in found] == ["第一句。", "第二句。"]
    cutter = Cutter()
    found = [*cutter.feed("第一句。\n\n```\ncode"), *cutter.end(finished=False)]
    assert [piece.text for piece in found] == ["第一句。"]


def test_labels_and_letters_are_no_sentences() -> None:
    assert [p.text for p in cut("**答案**：它快。\na. 先做这个。\nb. （甲。乙）再做那个。", 3)] == [
        "它快。",
        "a. 先做这个。",
        "b. （甲。乙）再做那个。",
    ]


def test_nothing_comes_of_nothing() -> None:
    assert cut("", 1) == []
    assert cut("\n\n[1]\n \n", 1) == []


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_bold_words_that_begin_a_sentence_stay_with_it(size: int) -> None:
    found = cut("模型逐段处理。**Longformer** 对此做了优化。**重点：这句全是粗体。**", size)
    assert [piece.text for piece in found] == [
        "模型逐段处理。",
        "**Longformer** 对此做了优化。",
        "**重点：这句全是粗体。**",
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_bold_words_within_a_sentence_stay_in_it(size: int) -> None:
    text = "T5 在输入里加入特定的**任务前缀**来实现。[1] 这是对齐的 **第一步**。[2]"
    assert [(p.text, p.marks) for p in cut(text, size)] == [
        ("T5 在输入里加入特定的**任务前缀**来实现。", (1,)),
        ("这是对齐的 **第一步**。", (2,)),
    ]
