import hashlib
import re
from collections import Counter

import pytest

from ingest.parse import outline
from ingest.parse.outline import Entry

# Counted by hand: section, title, entries of 5, 4, 3 and 2 stars, answered entries.
SECTIONS = [
    (1, "LLM 基础与概念", (6, 9, 5, 0), 20),
    (2, "LLM 应用", (0, 3, 5, 0), 8),
    (3, "数据准备：分词与嵌入", (2, 6, 6, 0), 14),
    (4, "LLM 训练与预训练策略", (0, 3, 3, 0), 6),
    (5, "微调与适配技术", (5, 7, 5, 1), 13),
    (6, "模型评估与性能指标", (6, 5, 6, 2), 1),
    (7, "检索增强生成 (Retrieval Augmented Generation, RAG) 系统", (3, 8, 5, 2), 0),
    (8, "LLM 效率：量化、剪枝与蒸馏", (6, 9, 3, 0), 0),
    (9, "代码与实现", (2, 5, 3, 0), 10),
    (10, "应用系统设计", (2, 3, 0, 0), 5),
    (11, "LLM 运维与部署 (LLMOps)", (1, 3, 2, 0), 6),
    (12, "高级主题与前沿方向", (0, 0, 3, 1), 4),
]


@pytest.fixture(scope="module")
def entries(outline_text: str) -> tuple[Entry, ...]:
    return outline.parse("outline.md", outline_text)[1]


def test_the_outline_is_as_it_was_given(outline_text: str) -> None:
    """No formatter has touched it, not even the code in it; whoever edits it updates this file."""
    digest = hashlib.sha256(outline_text.encode()).hexdigest()
    assert digest == "31ad89debf6f6880e61560c8addcce444298b72e5f9a0c7770e92175985f74ac"


def test_the_outline_has_146_entries_in_12_sections(entries: tuple[Entry, ...]) -> None:
    found = []
    for section, title in dict.fromkeys((entry.section, entry.section_title) for entry in entries):
        inside = [entry for entry in entries if entry.section == section]
        stars = Counter(entry.stars for entry in inside)
        assert [entry.number for entry in inside] == list(range(1, len(inside) + 1))
        assert [entry.id for entry in inside] == [f"{section}.{entry.number}" for entry in inside]
        counts = (stars[5], stars[4], stars[3], stars[2])
        assert sum(counts) == len(inside)
        found.append((section, title, counts, sum(entry.answered for entry in inside)))
    assert found == SECTIONS
    assert len(entries) == 146


def test_59_entries_have_no_answer(entries: tuple[Entry, ...]) -> None:
    expected = [f"5.{n}" for n in range(14, 19)]
    expected += [f"6.{n}" for n in range(1, 19)]
    expected += [f"{section}.{n}" for section in (7, 8) for n in range(1, 19)]
    assert [entry.id for entry in entries if not entry.answered] == expected
    assert len(expected) == 59


def test_entries_lie_apart_and_begin_at_their_stars(entries: tuple[Entry, ...], outline_text: str) -> None:
    at = 0
    for entry in entries:
        assert at <= entry.start < entry.body <= entry.end
        at = entry.end
        line = outline_text[entry.start : entry.body]
        assert line.count("\n") == 1
        assert line.count("★") == entry.stars
        assert entry.question in line
        assert re.search(rf"\b{entry.number}\b", line)
        assert not re.search(r"^(### )?★", outline_text[entry.body : entry.end], re.MULTILINE)
        assert "\n## " not in outline_text[entry.body : entry.end]


def test_every_form_of_entry_line_is_in_the_outline(entries: tuple[Entry, ...], outline_text: str) -> None:
    forms = Counter(re.sub(r"[★☆]+", "★", outline_text[e.start : e.end][:12]).split("★")[0] for e in entries)
    lines = [line for line in outline_text.splitlines() if "★" in line]
    assert forms == {
        "### ": sum(line.startswith("### ★") for line in lines),
        "": sum(line.startswith("★") for line in lines),
    }
    by_id = {entry.id: entry for entry in entries}
    assert by_id["1.15"].question == "描述 BERT 模型的核心思想、架构特点及其在NLP领域的贡献。"
    assert by_id["1.1"].question == "什么是大型语言模型（LLMs）以及它们是如何工作的？"
    odd = by_id["6.19"]
    assert odd.question == "你将如何为新版本的基于LLM的应用程序进行A/B测试？"
    assert (odd.stars, odd.answered, outline_text[odd.start : odd.start + 10]) == (3, True, "★★★☆☆ 19**")


def test_the_note_under_section_4_belongs_to_no_entry(entries: tuple[Entry, ...], outline_text: str) -> None:
    at = outline_text.index("(内容略，与原文件相同)")
    assert not [entry.id for entry in entries if entry.start <= at < entry.end]
    assert next(entry.id for entry in entries if entry.start > at) == "4.1"


@pytest.mark.parametrize(
    ("line", "stars", "question"),
    [
        ("### ★★★★☆ **3. 问题？**", 4, "问题？"),
        ("★★★★★ **15. 问题**", 5, "问题"),
        ("★★★☆☆ 19**. 问题？**", 3, "问题？"),
        ("#### ★☆☆☆☆ 7. 没有粗体  ", 1, "没有粗体"),
    ],
)
def test_entry_lines(line: str, stars: int, question: str) -> None:
    document, (entry,) = outline.parse("n.md", f"# 题\n\n## 2. 节\n\n{line}\n\n答。\n")
    assert (entry.stars, entry.question, entry.answered) == (stars, question, True)
    assert (entry.section, entry.section_title) == (2, "节")
    assert document.sections[-1].heading_path == ("2. 节", question)


@pytest.mark.parametrize("line", ["★★★ 没有编号", "- ★★★★★ **1. 项**", "文 ★★★★★ **1. x**", "★ **1234. x**"])
def test_other_lines_with_stars_are_text(line: str) -> None:
    assert outline.parse("n.md", f"## 1. 节\n\n{line}\n")[1] == ()


def test_an_entry_ends_at_the_next_entry_or_section() -> None:
    text = "## 1. 节\n\n★ **1. 甲**\n\n#### 小标题\n\n答\n\n### ★★ **2. 乙**\n\n#### 空\n\n## 附录\n\n文\n"
    _, (first, second) = outline.parse("n.md", text)
    assert text[first.body : first.end] == "\n#### 小标题\n\n答\n\n"
    assert text[second.body : second.end] == "\n#### 空\n\n"
    assert (first.answered, second.answered) == (True, False)


def test_entries_need_a_numbered_section() -> None:
    assert outline.parse("n.md", "★ **1. 甲**\n\n答\n")[1] == ()
    assert outline.parse("n.md", "## 附录\n\n★ **1. 甲**\n\n答\n")[1] == ()


def test_entry_lines_in_code_are_code() -> None:
    assert outline.parse("n.md", "## 1. 节\n\n```\n★ **1. 甲**\n```\n")[1] == ()


def test_long_runs_end() -> None:
    n = 50_000
    for line in ("★" + " " * n, f"★ 1. a{' *' * n}b", f"★ {'*' * n}1. a", f"{'#' * n} ★ 1. a"):
        outline.parse("n.md", f"## 1. 节\n\n{line}\n")
