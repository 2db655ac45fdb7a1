"""One contract for every chunker, and what semantic chunking promises beyond it."""

import random
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk import Chunk, Chunker, chunk
from ingest.chunk.chunker import homes
from ingest.chunk.fixed import FixedChunker
from ingest.chunk.recursive import RecursiveChunker
from ingest.chunk.semantic import SemanticChunker
from ingest.chunk.units import units_of
from ingest.chunk.window import WindowChunker
from ingest.parse import outline
from ingest.parse.markdown import Document
from ingest.parse.outline import Entry
from tests.support.tiny_embedder import TinyEmbedder

MAKERS: dict[str, Callable[[], Chunker]] = {
    "semantic": lambda: SemanticChunker(TinyEmbedder()),
    "semantic small": lambda: SemanticChunker(TinyEmbedder(), 50, 10, 40),
    "recursive": lambda: RecursiveChunker(200),
    "fixed": lambda: FixedChunker(200, 50),
    "window": lambda: WindowChunker(2),
}

SMALL = """# 大纲

前言。

## 1. 基础

节的说明。

### ★★★★★ **1. 甲是什么？**

甲是一。甲是二。

#### 细节

- 项一
  ```python
  # 不是标题
  x = 1
  ```
- 项二

| a | b |
|---|---|
| 1 | 2 |

★★★☆☆ **2. 乙是什么？**

### ★★☆☆☆ **3. 丙是什么？**

#### 空标题

---

### ★★☆☆☆ **4. 丙是什么？**

答。

### ★★☆☆☆ **5. 丙是什么？**

答。

## 2. 附录

$$
x = y
$$

尾。尾。
"""


def cut(text: str, chunker: Chunker, name: str = "n.md") -> tuple[Document, tuple[Entry, ...], list[Chunk]]:
    document, entries = outline.parse(name, text)
    return document, entries, chunk(document, entries, chunker)


def check(document: Document, entries: tuple[Entry, ...], chunks: list[Chunk]) -> None:
    """Assert what holds for the chunks of any chunker."""
    text = document.text
    assert len({c.id for c in chunks}) == len(chunks)
    assert [(c.start, c.end, c.focus) for c in chunks] == sorted((c.start, c.end, c.focus) for c in chunks)
    for c in chunks:
        assert text[c.start : c.end] == c.text == c.text.strip() != ""
        assert c.start <= c.focus[0] < c.focus[1] <= c.end
        assert c.focused == text[slice(*c.focus)]
        assert c.document == document.name
        touched = [e for e in entries if e.start < c.end and c.start < e.end]
        assert len(touched) <= 1
        if touched:
            entry = touched[0]
            assert entry.start <= c.start < c.end <= entry.end
            assert (c.entry_id, c.stars) == (entry.id, entry.stars)
            assert c.heading_path[1] == entry.question
        else:
            assert (c.entry_id, c.stars) == (None, None)
    for entry in entries:
        own = [c for c in chunks if entry.start <= c.start < entry.end]
        if entry.answered:
            assert own
            assert {c.kind for c in own} == {"text"}
        else:
            assert [c.kind for c in own] == ["listing"]
            assert own[0].text == text[entry.start : entry.body].strip()


@pytest.mark.parametrize("name", MAKERS)
def test_contract(name: str) -> None:
    document, entries, chunks = cut(SMALL, MAKERS[name]())
    check(document, entries, chunks)
    assert [e.id for e in entries if not e.answered] == ["1.2", "1.3"]
    assert cut(SMALL, MAKERS[name]())[2] == chunks
    assert MAKERS[name]().fingerprint == MAKERS[name]().fingerprint
    for line in ("前言。", "节的说明。", "甲是一。", "- 项二", "x = y", "尾。尾。"):
        assert any(line in c.text for c in chunks), line


@pytest.mark.parametrize("name", MAKERS)
def test_contract_on_the_outline(name: str, outline_text: str) -> None:
    document, entries, chunks = cut(outline_text, MAKERS[name]())
    check(document, entries, chunks)
    assert sum(c.kind == "listing" for c in chunks) == 59
    assert len({c.entry_id for c in chunks if c.kind == "text"} - {None}) == 87
    for literal in ("`<s>` / `[BOS]`", "`<NUM>`", "`<div>`"):
        assert any(literal in c.focused for c in chunks), literal


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("text", ["", " \n\n", "# 只有标题\n", "x", "无标题。" * 300, "字" * 3000, "## A\n\n🙂🙂"])
def test_contract_on_odd_files(name: str, text: str) -> None:
    document, entries, chunks = cut(text, MAKERS[name]())
    check(document, entries, chunks)
    assert bool(chunks) == any(section.blocks for section in document.sections)


LINES = st.sampled_from(
    """\t
## 1. 节
### ★★ **1. 问**
★ **1. 问**
★★★ **2. 问题**
#### 小
# 题
## 节
---

一句。两句。三句！
Some words. More words.
- 项
  - 子项：
```
| a |
> 引
$$

如下：""".splitlines()
)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(LINES, max_size=25), name=st.sampled_from(list(MAKERS)))
def test_contract_on_any_text(lines: list[str], name: str) -> None:
    text = "\n".join(lines)
    document, entries, chunks = cut(text, MAKERS[name]())
    check(document, entries, chunks)
    if name.startswith("semantic"):
        check_semantic(document, chunks)


def check_semantic(document: Document, chunks: list[Chunk]) -> None:
    """Assert that chunks and the gaps between them begin and end where units do, and cover all units."""
    texts = [c for c in chunks if c.kind == "text"]
    spans = [(u.start, u.end) for section in document.sections for u in units_of(document, section)]
    starts, ends = {start for start, _ in spans}, {end for _, end in spans}
    assert all(c.start in starts and c.end in ends for c in texts)
    assert all(a.end <= b.start for a, b in pairwise(texts))
    assert all(any(c.start <= start and end <= c.end for c in texts) for start, end in spans)
    assert all(c.focus == (c.start, c.end) for c in texts)


def tokens(text: str) -> int:
    return TinyEmbedder().token_counts([text])[0]


@pytest.mark.parametrize(("low", "high"), [(60, 320), (10, 40), (1, 30), (40, 40)])
def test_semantic_sizes(low: int, high: int, outline_text: str) -> None:
    document, _, chunks = cut(outline_text, SemanticChunker(TinyEmbedder(), 90, low, high))
    check_semantic(document, chunks)
    longest = {u.start: u.end for section in document.sections for u in units_of(document, section)}
    for c in chunks:
        assert c.kind == "listing" or tokens(c.text) <= high or longest[c.start] == c.end
    grouped = [(sections[0].start, sections[-1].end) for sections in homes(document)]
    texts = [c for c in chunks if c.kind == "text"]
    for a, b in pairwise(texts):
        if any(start <= a.start and b.end <= end for start, end in grouped) and (
            min(tokens(a.text), tokens(b.text)) < low
        ):
            assert tokens(document.text[a.start : b.end]) > high


def test_blocks_stay_whole(outline_text: str) -> None:
    document, _, chunks = cut(outline_text, SemanticChunker(TinyEmbedder(), 50, 1, 20))
    blocks = [b for s in document.sections for b in s.blocks if b.kind != "paragraph"]
    assert {b.kind for b in blocks} == {"list_item", "quote", "code", "table", "formula"}
    for block in blocks:
        assert [c for c in chunks if c.start <= block.start and block.end <= c.end]


CATS = ["猫喵毛爪尾。", "猫爪喵尾毛！", "毛猫喵喵爪。", "爪尾猫毛喵。", "尾猫喵爪毛。"]
STARS = ["星空银河月。", "月星河空银。", "银星空月河。", "河月星银空。", "空银河星月。"]


def test_a_change_of_topic_is_found() -> None:
    text = f"## A\n\n{''.join(CATS)}{''.join(STARS)}\n"
    _, _, chunks = cut(text, SemanticChunker(TinyEmbedder(), 90, 5, 400))
    assert [c.text for c in chunks] == ["".join(CATS), "".join(STARS)]


def test_small_pieces_join_even_across_a_change_of_topic() -> None:
    text = f"## A\n\n{''.join(CATS)}{''.join(STARS)}\n"
    _, _, chunks = cut(text, SemanticChunker(TinyEmbedder(), 90, 40, 400))
    assert len(chunks) == 1


def test_what_is_too_long_is_cut_at_its_widest_gap() -> None:
    text = f"{''.join(CATS)}{''.join(STARS)}{''.join(CATS[:2])}"
    _, _, chunks = cut(text, SemanticChunker(TinyEmbedder(), 99.9, 1, 320, 50))
    assert [len(c.text) for c in chunks] == [30, 30, 12]  # one break, then 60 characters are too long


@pytest.mark.parametrize(("headings", "most"), [("", 40), ("# A\n\n", 40), ("## A\n\n一。\n\n## B\n\n", 400)])
def test_what_stands_below_no_heading_of_its_own_is_cut_shorter(headings: str, most: int) -> None:
    text = headings + "\n\n".join(["".join(CATS), "".join(STARS), "".join(CATS[1:]), "".join(STARS[1:])])
    _, _, chunks = cut(text, SemanticChunker(TinyEmbedder(), 90, 60, 400, 40))
    longest = max(tokens(c.text) for c in chunks)
    assert longest <= most
    assert (longest > 40) is (most == 400)


def test_a_lead_in_stays_with_what_it_announces() -> None:
    steps = "".join(f"- {word * 9}\n" for word in "甲乙丙丁")
    text = f"## A\n\n{''.join(CATS)}\n\n步骤如下：\n\n{steps}"
    _, _, chunks = cut(text, SemanticChunker(TinyEmbedder(), 20, 1, 60))
    (leading,) = (c for c in chunks if "如下" in c.text)
    assert "- 甲" in leading.text


def test_short_subsections_join_with_the_headings_between_them_counted() -> None:
    text = "## A\n\n### B\n\n" + "".join(f"#### {c * 20}\n\n{c * 10}\n\n" for c in "甲乙丙丁")
    _, _, chunks = cut(text, SemanticChunker(TinyEmbedder(), 90, 30, 60))
    assert [tokens(c.text) for c in chunks] == [10 + 24 + 10] * 2  # a third would make 78
    assert chunks[0].heading_path == ("A", "B")
    assert chunks[0].text == f"{'甲' * 10}\n\n#### {'乙' * 20}\n\n{'乙' * 10}"


def test_windows_show_neighbours_and_index_one_unit() -> None:
    _, _, chunks = cut("## A\n\n一。二。三。四。五。\n\n## B\n\n六。\n", WindowChunker(1))
    assert [(c.focused, c.text) for c in chunks] == [
        ("一。", "一。二。"),
        ("二。", "一。二。三。"),
        ("三。", "二。三。四。"),
        ("四。", "三。四。五。"),
        ("五。", "四。五。"),
        ("六。", "六。"),
    ]
    assert chunks[1].indexed == "A\n二。"


def test_fixed_windows_overlap() -> None:
    _, _, chunks = cut("".join(map(str, range(10))), FixedChunker(4, 1))
    assert [c.text for c in chunks] == ["0123", "3456", "6789"]


def test_recursive_prefers_the_coarsest_separator() -> None:
    _, _, chunks = cut("甲甲。乙乙。\n\n丙丙，丙丙。丁\n\n戊", RecursiveChunker(8))
    assert [c.text for c in chunks] == ["甲甲。乙乙。", "丙丙，丙丙。丁", "戊"]
    _, _, chunks = cut("甲" * 9 + "，" + "乙" * 5, RecursiveChunker(6))
    assert [c.text for c in chunks] == ["甲" * 6, "甲" * 3 + "，", "乙" * 5]


def test_heading_path_and_indexed_text() -> None:
    _, _, chunks = cut(SMALL, SemanticChunker(TinyEmbedder(), 90, 1, 30))
    by_text = {c.text: c for c in chunks}
    first = by_text["甲是一。甲是二。"]
    assert first.heading_path == ("1. 基础", "甲是什么？")
    assert first.indexed == "1. 基础 > 甲是什么？\n甲是一。甲是二。"
    assert first.group == ("n.md", "1.1")
    listed = by_text["★★★☆☆ **2. 乙是什么？**"]
    assert listed.indexed == "1. 基础\n乙是什么？"
    assert by_text["前言。"].heading_path == ()
    preface, remark = by_text["前言。"], by_text["节的说明。"]
    assert [preface.group, remark.group] == [("n.md", preface.id), ("n.md", remark.id)]


@pytest.mark.parametrize(
    ("name", "head", "title"),
    [
        ("a.md", "# 乙型水泵\n\n", "乙型水泵"),
        ("a.md", "---\ntitle: '丙型风机'\ndate: 2026-01-01\n---\n", "丙型风机"),
        ("manuals/pump_type-b.md", "", "pump type b"),
        ("海云仓储合同.md", "", "海云仓储合同"),
        ("0-p0-17.md", "", ""),
        ("src/ActionSheet/index.md", "", "ActionSheet"),
        ("README.md", "", ""),
    ],
)
def test_a_passage_outside_of_entries_says_what_its_document_is(name: str, head: str, title: str) -> None:
    document, _ = outline.parse(name, f"{head}## 保养\n\n每半年换一次机油。\n")
    passage = chunk(document, (), RecursiveChunker(100))[-1]
    assert passage.heading_path == ("保养",)
    assert passage.indexed == f"{title} > 保养\n每半年换一次机油。".removeprefix(" > ")


def test_of_several_topmost_headings_none_is_the_title() -> None:
    document, _ = outline.parse("handbook.md", "# 甲\n\n一。\n\n# 乙\n\n二。\n")
    first, second = chunk(document, (), RecursiveChunker(100))
    assert [first.indexed, second.indexed] == ["handbook > 甲\n一。", "handbook > 乙\n二。"]


def test_identities_survive_edits_elsewhere() -> None:
    chunker = RecursiveChunker(100)
    before = {c.id: c.text for c in cut(SMALL, chunker)[2]}
    after = {c.id: c.text for c in cut(SMALL.replace("前言。", "新的前言，长一些。"), chunker)[2]}
    assert set(before.values()) - {before[i] for i in before.keys() & after.keys()} == {"前言。"}
    assert not before.keys() & {c.id for c in cut(SMALL, chunker, "other.md")[2]}


def test_repeated_passages_have_identities_of_their_own() -> None:
    document, entries, chunks = cut("## A\n\n同。\n\n## A\n\n同。\n", WindowChunker(0))
    check(document, entries, chunks)
    assert [c.text for c in chunks] == ["同。", "同。"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SemanticChunker(TinyEmbedder(), 90, 60, 501), r"60\.\.501 and 128 tokens .* window of 500"),
        (lambda: SemanticChunker(TinyEmbedder(), 90, 60, 59), r"60\.\.59 and 128 tokens must rise"),
        (lambda: SemanticChunker(TinyEmbedder(), plain_tokens=501), r"60\.\.320 and 501 tokens .* window of 500"),
        (lambda: FixedChunker(100, 100), "overlap 100 must be at least 0 and under the size 100"),
        (lambda: RecursiveChunker(0), "chunk size 0 must be positive"),
        (lambda: WindowChunker(-1), "neighbours -1 must not be negative"),
    ],
)
def test_impossible_sizes_are_refused(make: Callable[[], Chunker], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_fingerprints_name_what_changes_the_cuts() -> None:
    tiny = TinyEmbedder()
    fingerprints = [
        SemanticChunker(tiny).fingerprint,
        SemanticChunker(tiny, 80).fingerprint,
        SemanticChunker(tiny, 90, 61).fingerprint,
        SemanticChunker(tiny, 90, 60, 321).fingerprint,
        SemanticChunker(TinyEmbedder(fingerprint="other")).fingerprint,
        *(RecursiveChunker(n).fingerprint for n in (1, 2)),
        *(FixedChunker(9, n).fingerprint for n in (1, 2)),
        *(WindowChunker(n).fingerprint for n in (1, 2)),
    ]
    assert len(set(fingerprints)) == len(fingerprints)


def test_gaps_are_cosine_distances_of_neighbouring_windows() -> None:
    """Compare each distance with one computed sentence by sentence."""
    tiny = TinyEmbedder()
    pool = CATS + STARS
    sentences = [random.Random(3).choice(pool) + str(i) + "。" for i in range(12)]
    sentences = [s.replace("。", "", 1) if s.count("。") > 1 else s.replace("！", "") for s in sentences]
    _, _, chunks = cut("".join(sentences), SemanticChunker(tiny, 75, 1, 400))
    vectors = tiny.embed_queries(sentences)
    gaps = []
    for i in range(1, len(sentences)):
        a, b = vectors[max(0, i - 2) : i].mean(0), vectors[i : i + 2].mean(0)
        gaps.append(1 - a @ b / np.sqrt((a @ a) * (b @ b)))
    breaks = [i + 1 for i, gap in enumerate(gaps) if gap > np.percentile(gaps, 75)]
    bounds = [0, *breaks, len(sentences)]
    assert [c.text for c in chunks] == ["".join(sentences[a:b]) for a, b in pairwise(bounds)]


def test_a_long_table_is_cut_between_its_rows_and_each_piece_knows_the_head() -> None:
    head = "| 豆 | 水温 |\n|---|---|"
    rows = [f"| 第 {n} 号豆 | {80 + n % 15} 度，研磨度 {n}，闷蒸 {n % 40} 秒 |" for n in range(60)]
    text = "\n".join(["## 参数", "", "各种豆的水温见下表。", "", head, *rows, "", "## 清洁", "", "每天清洗。", ""])
    document, entries = outline.parse("n.md", text)
    chunks = chunk(document, entries, SemanticChunker(TinyEmbedder()))
    later = [c for c in chunks if c.head]
    assert later
    for c in chunks:
        assert text[c.start : c.end] == c.text
        assert all(row in rows for row in c.text.split("\n")) or not c.head
    for c in later:
        assert c.head
        assert text[c.head.start : c.head.end] == c.head.text == head
        assert c.indexed.startswith(f"{' > '.join(c.headings)}\n| 豆 | 水温 |\n| 第 ")
    assert sum(row in c.text for row in rows for c in chunks) == len(rows)
