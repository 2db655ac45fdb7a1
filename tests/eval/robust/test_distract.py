"""Distracting passages speak of something that does not exist, and there are as many as asked for."""

import random
import re
from pathlib import Path

import pytest

from eval.golden.question import OUTLINE
from eval.grow.entries import Entry, load, parse
from eval.robust import distract
from eval.robust.distract import documents, near_miss, subjects, write
from ingest.parse import outline

TEXT = """## 5. 微调

### ★★★★★ **1. 什么是 LoRA？它与 QLoRA 有何区别？**

LoRA 冻结原模型，只训练 1.5% 的参数。LoRA 不改变 GPT-3 的权重。

1. QLoRA 把权重量化到 4 位。
2. LoRA 的秩是 16。

```python
LoRA(r=16)
```

##### 小标题 16

没有要换的东西。

### ★★★☆☆ **2. 注意力机制是什么？**

注意力机制给每个词一个权重。

### ★★★☆☆ **3. 没有答案**
"""
ENTRIES = parse(TEXT)
CODE = re.compile(r"```.*?```", re.DOTALL)


def test_the_subject_is_the_name_that_an_answer_is_about() -> None:
    # LoRA stands three times in the prose and once in the code of 5.1, apart from QLoRA; in no other answer.
    assert subjects(ENTRIES) == {"5.1": "LoRA", "5.2": "注意力机制"}


def test_a_near_miss_has_another_name_and_other_numbers_and_no_code() -> None:
    made = near_miss(ENTRIES[0], "LoRA", random.Random(1), TEXT)
    assert made
    passage, name = made
    assert name not in TEXT
    heading, *rest = passage.split("\n\n")
    assert heading == f"## 什么是 {name}？它与 QLoRA 有何区别？"
    body = "\n\n".join(rest)
    assert not re.search(r"(?<!Q)LoRA", body)
    assert "GPT-3" in body or "权重" not in body.split("\n\n")[0]  # a number in a name stays
    assert "1.5%" not in body
    assert "量化到 4 位" not in body
    assert not re.search(r"秩是 16", body)
    assert re.search(r"^[12]\. \S", body, re.MULTILINE)  # an item keeps its number
    assert "没有要换的东西" not in body
    assert "r=16" not in body
    assert "小标题" not in body


def test_an_entry_without_prose_on_the_name_gives_none() -> None:
    bare = Entry("5.9", 5, "LoRA 的代码", "```python\nLoRA(16)\n```", 0, 0)
    assert near_miss(bare, "LoRA", random.Random(1), TEXT) is None


@pytest.fixture(scope="module")
def made() -> tuple[str, list[str], list[str]]:
    text, entries = load(OUTLINE)
    return (text, *documents(text, entries))


def test_the_first_k_documents_are_the_kth_share(made: tuple[str, list[str], list[str]]) -> None:
    text, texts, names = made
    longest = 0.05 * len(text)  # a passage more than wanted
    for k, share in enumerate((0.2, 0.4, 0.6, 0.8), 1):
        length = sum(map(len, texts[:k]))
        assert 0 <= length - share / (1 - share) * len(text) < longest
    assert not [name for name in names if name in text]
    assert all(any(name in each for each in texts) for name in names)
    assert (texts, names) == documents(text, load(OUTLINE)[1])


def test_documents_are_never_entries_nor_copies(made: tuple[str, list[str], list[str]], tmp_path: Path) -> None:
    text, texts, _ = made
    paths = write(tmp_path / "new", texts)
    assert [path.name for path in paths] == ["noise-1.md", "noise-2.md", "noise-3.md", "noise-4.md"]
    for path in paths:
        assert path.name.startswith(distract.PREFIX)
        _, found = outline.parse(path.name, path.read_text("utf-8"))
        assert not found
    paragraphs = {block.strip() for block in CODE.sub("", text).split("\n\n") if len(block) > 20}
    same = [block for each in texts for block in each.split("\n\n") if block.strip() in paragraphs]
    assert not same


@pytest.mark.parametrize("shares", [(0.4, 0.2), (0.2, 0.2), (1.0,), (-0.1,)])
def test_shares_that_do_not_rise_are_an_error(shares: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        documents(TEXT, ENTRIES, shares)


def test_an_outline_that_names_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="names anything"):
        documents(TEXT, [ENTRIES[2]], (0.2,))
