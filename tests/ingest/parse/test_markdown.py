import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk.units import units_of
from ingest.parse.html import TAG
from ingest.parse.markdown import RULE, Document, atx_heading, parse
from ingest.parse.tables import table_head

HIDDEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</(script|style)>|<\?.*?\?>|<![A-Z].*?>", re.DOTALL)


def kinds(document: Document) -> list[tuple[str, str]]:
    """Every block as (kind, text)."""
    return [
        (block.kind, document.text[block.start : block.end])
        for section in document.sections
        for block in section.blocks
    ]


def paths(document: Document) -> list[tuple[str, ...]]:
    return [section.heading_path for section in document.sections]


def check(document: Document) -> None:
    """Assert that sections tile the text, and blocks all of a section's body that is not white space."""
    at = 0
    for section in document.sections:
        assert section.start == at
        at = section.end
        assert section.start <= section.body <= section.end
        inner = section.body
        for block in section.blocks:
            between(document.text[inner : block.start])
            assert section.body <= block.start < block.end <= section.end
            assert document.text[block.start : block.end].strip() == document.text[block.start : block.end]
            inner = block.end
        between(document.text[inner : section.end])
    assert at == len(document.text)


def between(text: str) -> None:
    """Between blocks there are only blank lines, thematic breaks, and HTML without a word of its own."""
    bare = TAG.sub("", HIDDEN.sub("", text))
    words = [line for line in bare.split("\n") if any(map(str.isalnum, line)) and not RULE.match(line)]
    assert not words or "<" in text, text


def test_headings_make_paths_below_the_only_title() -> None:
    text = "# 标题\n\n序\n\n## A\n\na\n\n#### A.x\n\nx\n\n### B\n\nb\n\n## C\n"
    document = parse("n.md", text)
    assert document.title == "标题"
    assert paths(document) == [(), ("A",), ("A", "A.x"), ("A", "B"), ("C",)]
    assert [section.level for section in document.sections] == [1, 2, 4, 3, 2]
    check(document)


def test_several_titles_stay_in_the_paths() -> None:
    assert paths(parse("n.md", "# A\na\n# B\n## b\nx")) == [("A",), ("B",), ("B", "b")]


def test_without_headings_the_file_is_one_section_named_after_it() -> None:
    document = parse("note.md", "只有一段。\n")
    assert (document.title, paths(document), kinds(document)) == (
        "note",
        [()],
        [("paragraph", "只有一段。")],
    )


def test_atx_headings() -> None:
    assert atx_heading("## **粗** `code` ##") == (2, "粗 code")
    assert atx_heading("   ### x") == (3, "x")
    assert atx_heading("#") == (1, "")
    assert atx_heading("## #") == (2, "")
    assert atx_heading("# C#") == (1, "C#")
    for line in ("#标签", "####### seven", "    # code", "a # b"):
        assert atx_heading(line) is None


def test_setext_headings() -> None:
    document = parse("n.md", "题\n===\n\n甲\n---\n\n正文\n接着\n\n- 项\n---\n")
    assert paths(document) == [(), ("甲",)]
    assert kinds(document) == [("paragraph", "正文\n接着"), ("list_item", "- 项")]
    check(document)


def test_hash_lines_in_code_are_no_headings() -> None:
    text = "## A\n\n```python\n# 注释\n\n## 不是标题\n```\n\n~~~\n# x\n~~~\n\n## B\n"
    document = parse("n.md", text)
    assert paths(document) == [("A",), ("B",)]
    assert kinds(document) == [
        ("code", "```python\n# 注释\n\n## 不是标题\n```"),
        ("code", "~~~\n# x\n~~~"),
    ]
    check(document)


def test_a_longer_fence_holds_a_shorter_one() -> None:
    text = "````md\n```\n# x\n```\n````\n# y\n"
    document = parse("n.md", text)
    assert kinds(document) == [("code", text[:-5])]
    assert document.title == "y"


def test_tildes_do_not_close_backticks() -> None:
    assert kinds(parse("n.md", "```\n~~~\n# x\n```")) == [("code", "```\n~~~\n# x\n```")]


def test_a_fence_may_begin_right_after_a_list_marker() -> None:
    document = parse("n.md", "- ```python\n  # 注释\n  ```\n\n## A\n\n```\ncode\n```\n")
    assert paths(document) == [(), ("A",)]
    assert kinds(document) == [("code", "- ```python\n  # 注释\n  ```"), ("code", "```\ncode\n```")]
    assert not document.warnings


def test_an_unclosed_fence_is_text_and_the_rest_is_still_parsed() -> None:
    document = parse("n.md", "## A\n\n```python\nx = 1\n\n## B\n\nb\n")
    assert paths(document) == [("A",), ("B",)]
    assert document.warnings == ("line 3: code fence '```' is never closed; read as text",)
    assert kinds(document) == [("paragraph", "```python\nx = 1"), ("paragraph", "b")]
    check(document)


def test_many_unclosed_fences_end() -> None:
    document = parse("n.md", "```python\n" * 20_000 + "\n## A\n")
    assert paths(document) == [(), ("A",)]
    assert len(document.warnings) == 1


def test_long_runs_end() -> None:
    n = 50_000
    for line in (f"# a{' ' * n}b", f"# {'#' * n}x", f"{'- ' * n}x", f"{'`' * n}x`", f"```{' `' * n}"):
        check(parse("n.md", line))


def test_formulas() -> None:
    text = "a\n\n$$\nx\n= y\n$$\n\n\\[\nz\n\\]\n\n$$ a $$ 行内\n"
    document = parse("n.md", text)
    assert kinds(document) == [
        ("paragraph", "a"),
        ("formula", "$$\nx\n= y\n$$"),
        ("formula", "\\[\nz\n\\]"),
        ("paragraph", "$$ a $$ 行内"),
    ]
    check(document)


def test_an_unclosed_formula_is_text() -> None:
    document = parse("n.md", "$$\nx\n\n## A\n")
    assert paths(document) == [(), ("A",)]
    assert document.warnings == ("line 1: formula '$$' is never closed; read as text",)


def test_tables() -> None:
    piped = "| a | b |\n|---|---|\n| 1 | 2 |"
    broken = "| a | b |\n|-- --\n| 1 | 2 |"
    bare = "a | b\n--- | ---\n1 | 2"
    document = parse("n.md", f"前\n{piped}\n后\n\n{broken}\n\n前\n{bare}\n\n甲|乙\n")
    assert kinds(document) == [
        ("paragraph", "前"),
        ("table", piped),
        ("paragraph", "后"),
        ("table", broken),
        ("paragraph", "前"),
        ("table", bare),
        ("paragraph", "甲|乙"),
    ]
    check(document)


def test_list_items_hold_what_is_indented_below_them() -> None:
    first = "1. 甲\n   接着\n\n   ```\n   # x\n\n   y\n   ```\n\n   $$\n   z\n   $$\n\n   | a |\n   |---|"
    document = parse("n.md", f"{first}\n2. 乙\n   - 丙\n懒惰的续行\n***\n段\n")
    assert kinds(document) == [
        ("list_item", first),
        ("list_item", "2. 乙"),
        ("list_item", "- 丙\n懒惰的续行"),
        ("paragraph", "段"),
    ]
    check(document)


def test_quotes_and_thematic_breaks() -> None:
    document = parse("n.md", "> 引\n> 文\n正文\n***\n又\n\n* * *\n")
    assert kinds(document) == [("quote", "> 引\n> 文"), ("paragraph", "正文"), ("paragraph", "又")]
    check(document)


def test_front_matter_is_no_text() -> None:
    document = parse("n.md", "---\ntitle: x\n# 注\n---\n\n# 真\n\n正文\n")
    assert (document.title, kinds(document)) == ("真", [("paragraph", "正文")])


def test_a_leading_thematic_break_is_no_front_matter() -> None:
    document = parse("n.md", "---\n\n# 真\n\n正文\n\n---\n\n尾\n")
    assert document.title == "真"
    assert kinds(document) == [("paragraph", "正文"), ("paragraph", "尾")]
    check(document)


def test_carriage_returns() -> None:
    document = parse("n.md", "# 题\r\n\r\n## A\r\n\r\n- 甲\r\n\r\n```\r\n# x\r\n```\r\n\r\nB\r\n---\r\n\r\n尾\r\n")
    assert paths(document) == [(), ("A",), ("B",)]
    assert kinds(document) == [
        ("list_item", "- 甲"),
        ("code", "```\r\n# x\r\n```"),
        ("paragraph", "尾"),
    ]
    check(document)


def test_nothing_at_all() -> None:
    assert parse("n.md", "").sections == ()
    blank = parse("n.md", " \n\t\n\n")
    assert [section.blocks for section in blank.sections] == [()]
    check(blank)


def test_one_huge_line() -> None:
    text = "一二三四五。" * 200_000
    document = parse("n.md", text)
    assert kinds(document) == [("paragraph", text)]


def test_emphasis_is_dropped_from_titles_only() -> None:
    document = parse("n.md", "## **粗** 与 `码`\n\n**粗** 与 `码`\n")
    assert paths(document) == [("粗 与 码",)]
    assert kinds(document) == [("paragraph", "**粗** 与 `码`")]


def test_verbatim_html_is_code_whatever_stands_in_it() -> None:
    code = "<pre class=x>\n# 磨豆\n\n## 冲煮\n</pre>"
    document = parse("n.md", f"## A\n\n前\n{code}\n后\n\n- 项\n\n  <textarea>\n  # y\n  </textarea>\n\n## B\n")
    assert paths(document) == [("A",), ("B",)]
    assert kinds(document) == [
        ("paragraph", "前"),
        ("code", code),
        ("paragraph", "后"),
        ("list_item", "- 项\n\n  <textarea>\n  # y\n  </textarea>"),
    ]
    check(document)


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- # 磨豆\n\n## 冲煮\n-->",
        "<!-- 一行 -->",
        "<!-- ```\n# x\n``` -->",
        "<script>\n# x\n\n## y\n</script>",
        "<STYLE>\n# x { }\n</style>",
        "<?php\n# x\n\n?>",
        "<!DOCTYPE html\n# x\n>",
        "<![CDATA[\n# x\n]]>",
    ],
)
def test_what_html_shows_to_nobody_is_no_text(hidden: str) -> None:
    document = parse("n.md", f"## A\n\n前\n{hidden}\n\n后\n\n## B\n")
    assert paths(document) == [("A",), ("B",)]
    assert kinds(document) == [("paragraph", "前"), ("paragraph", "后")]
    check(document)


def test_html_blocks_end_at_a_blank_line_and_their_tags_part_the_text() -> None:
    text = "<details>\n<summary>怎么除垢？</summary>\n倒入<b>药</b>。<br>等一等。\n# 不是\n\n## 除垢\n里\n</details>\n"
    document = parse("n.md", text)
    assert paths(document) == [(), ("除垢",)]
    assert [words for _, words in kinds(document)] == [
        "怎么除垢？",
        "倒入<b>药</b>。",
        "等一等。\n# 不是",
        "里",
    ]
    check(document)


def test_other_tags_begin_a_block_alone_on_a_line_outside_a_paragraph() -> None:
    assert paths(parse("n.md", "<x-note>\n# 不是\n\n# 题\n")) == [(), ()]
    document = parse("n.md", "段\n<x-note>\n## 是\n\n`<div>` 是标签，<https://a.example> 是地址。\n")
    assert paths(document) == [(), ("是",)]
    assert kinds(document)[-1] == ("paragraph", "`<div>` 是标签，<https://a.example> 是地址。")


@pytest.mark.parametrize("opened", ["<!-- 开头", "<pre>", "<script>"])
def test_html_without_an_end_is_text(opened: str) -> None:
    document = parse("n.md", f"{opened}\n\n## A\n\n文\n")
    assert paths(document) == [(), ("A",)]
    assert document.warnings == (f"line 1: HTML {opened!r} is never closed; read as text",)
    assert parse("n.md", f"{opened}\n\n" * 20_000).warnings == document.warnings


def test_a_fence_without_an_end_has_no_headings_before_the_next_blank_line() -> None:
    assert paths(parse("n.md", "```bash\n# 注释\nls\n\n## A\n")) == [(), ("A",)]


def test_a_html_table_is_whole() -> None:
    table = "<table>\n<tr><td>水温</td><td>九十度</td></tr>\n</table>"
    assert kinds(parse("n.md", f"前\n\n{table}\n\n后\n")) == [
        ("paragraph", "前"),
        ("table", table),
        ("paragraph", "后"),
    ]


def test_references_are_items_and_a_sentence_that_begins_with_one_is_none() -> None:
    text = "[1] 陆羽. 茶经.\n    唐代.\n[2] 蔡襄. 茶录.\n\n【3】 赵佶.\n\n文。\n\n[4] 另有说法。\n\n[5](a) 是链接\n"
    assert kinds(parse("n.md", text)) == [
        ("list_item", "[1] 陆羽. 茶经.\n    唐代."),
        ("list_item", "[2] 蔡襄. 茶录."),
        ("list_item", "【3】 赵佶."),
        ("paragraph", "文。"),
        ("paragraph", "[4] 另有说法。"),
        ("paragraph", "[5](a) 是链接"),
    ]


@pytest.mark.parametrize(
    "front",
    [
        '+++\ntitle = "除垢"\n[params]\nlist = [1,\n2]\n+++',
        "---\n# 注\n\"title\": '除垢'\ntags:\n- a\n...",
        "---\ntitle: >-\n  除\n  垢\ndraft: true\n---",
    ],
)
def test_front_matter_of_either_kind_gives_the_title(front: str) -> None:
    document = parse("n.md", f"{front}\n\n正文\n")
    assert (document.title.replace(" ", ""), kinds(document)) == ("除垢", [("paragraph", "正文")])
    assert document.text[document.sections[0].body :].strip() == "正文"


@pytest.mark.parametrize("text", ["---\n注：不是\n---\n", "---\n- a\n---\n", "+++\n文\n+++\n", "---\na: b\n"])
def test_what_only_begins_like_front_matter_is_text(text: str) -> None:
    assert kinds(parse("n.md", text))


def test_an_indented_line_is_no_setext_heading() -> None:
    assert paths(parse("n.md", "    # 代码\n---\n")) == [()]


LINES = st.sampled_from(
    [
        "a\r",
        *"""  \t
# h
### h
★★★★★ **1. q**
文。
  缩进

- 项
  - 子
- ```
1. 一
> 引
| a |
a | b
|-|
---
===
***
```
    ```
~~~
$$
$$ x
\\[
<pre>
</pre>
<div>
<!-- c -->
<!--
-->
\\]
""".splitlines(),
    ]
)


@settings(deadline=None)
@given(st.lists(LINES, max_size=40))
def test_sections_and_blocks_tile_any_text(lines: list[str]) -> None:
    check(parse("n.md", "\n".join(lines)))


def test_the_outline_is_tiled(outline_text: str) -> None:
    document = parse("outline.md", outline_text)
    check(document)
    assert document.title == "大模型全技术面试大纲"
    assert document.warnings == ()
    fences = sum(line.strip().startswith("```") for line in outline_text.splitlines())
    code = [text for kind, text in kinds(document) if kind == "code"]
    inside = sum(text.count("```") for kind, text in kinds(document) if kind == "list_item")
    assert 2 * len(code) + inside == fences


def test_an_underlined_heading_may_take_two_lines() -> None:
    document = parse("a.md", "总则\n与范围\n===\n\n正文。\n\n第一行。\n第二行。\n---\n\n末。\n")
    assert document.title == "总则 与范围"
    texts = [document.text[block.start : block.end] for section in document.sections for block in section.blocks]
    assert texts == ["正文。", "第一行。\n第二行。", "末。"]


@pytest.mark.parametrize(
    "fence",
    ["```mermaid\n{}\n```", "~~~ mermaid\n{}\n~~~", "::: mermaid\n{}\n:::", '<div class="mermaid">\n{}\n</div>'],
)
def test_a_diagram_is_code(fence: str) -> None:
    drawn = fence.format("graph TD\n# 不是标题\n\nA --> B")
    document = parse("a.md", f"# 流程\n\n如图。\n\n{drawn}\n")
    assert kinds(document) == [("paragraph", "如图。"), ("code", drawn)]


def test_a_picture_of_html_is_its_alternative_text() -> None:
    figure = '<figure>\n<img src="a.png" alt="水泵剖面">\n<figcaption>图 1 水泵</figcaption>\n</figure>'
    assert kinds(parse("a.md", f'{figure}\n\n<img alt="" src="b.png">\n')) == [
        ("paragraph", "水泵剖面"),
        ("paragraph", "图 1 水泵"),
    ]


def units(text: str) -> list[tuple[str, str]]:
    document = parse("a.md", text)
    return [(block.kind, text[block.start : block.end]) for section in document.sections for block in section.blocks]


@pytest.mark.parametrize(
    "program",
    [
        "import Chart from '../components/Chart'",
        "import {Tabs, Item} from '@theme/Tabs';\nimport '../site.css'",
        "import {\n  Tabs,\n  Item\n} from '@theme/Tabs';",
        "export const year = 2024",
        "export const Mark = ({children}) => (\n  <b>\n    {children}\n  </b>\n);",
        "{/* not shown,\n   not at all */}",
    ],
)
def test_programs_of_mdx_are_no_text(program: str) -> None:
    assert units(f"甲。\n\n{program}\n\n乙。\n") == [("paragraph", "甲。"), ("paragraph", "乙。")]


def test_between_components_of_mdx_stands_markdown() -> None:
    document = parse("a.mdx", '<Steps>\n### 安装\n先装驱动。\n</Steps>\n<Note title="注意">\n勿拔电源。\n</Note>\n')
    assert document.sections[-1].heading_path == ("安装",)
    assert [text for _, text in units(document.text)] == ["先装驱动。", "注意", "勿拔电源。"]


def test_a_directive_of_text_is_text_and_one_of_code_is_code() -> None:
    told, code = "```{admonition} 小心\n:class: tip\n先断电。\n```", "```{code-block} sh\n# 断电\n```"
    text = f"{told}\n\n```{{include}} a.md\n```\n\n{code}\n\n尾。\n"
    assert units(text) == [
        ("paragraph", "小心"),
        ("paragraph", "先断电。"),
        ("code", code),
        ("paragraph", "尾。"),
    ]


def test_headings_of_html_are_headings() -> None:
    second = '<h2 id="a"><a href="#a">挂失 &amp; 换卡</a></h2>'
    text = f'<div>\n<h1 align="center">手册</h1>\n<p>前言。</p>\n{second}\n当天。\n</div>\n'
    document = parse("a.md", text)
    assert document.title == "手册"
    assert document.sections[-1].heading_path == ("挂失 & 换卡",)
    assert [text for _, text in units(text)] == ["前言。", "当天。"]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("# 手册\n挂失\n---\n当天。\n", [("挂失",)]),
        ("1. 总则\n====\n\n2. 附则\n====\n\n当天。\n", [("1. 总则",), ("2. 附则",)]),
        ("挂失\n  --\n当天。\n", [("挂失",)]),
        ("```\na\n```\n挂失\n---\n当天。\n", [("挂失",)]),
        ("1. 先挂失\n---\n当天。\n", []),
        ("当天。\n挂失\n---\n", []),
    ],
)
def test_underlined_headings_as_people_write_them(text: str, paths: list[tuple[str, ...]]) -> None:
    assert [section.heading_path for section in parse("a.md", text).sections if section.heading_path] == paths


@pytest.mark.parametrize("line", ["|－－－|－－－|", "| — | — |", "| === | === |", "|:-:|-:|"])
def test_the_line_below_a_head_may_be_of_other_dashes(line: str) -> None:
    assert table_head(f"| 机房 | 网关 |\n{line}\n| 甲 | 10.1.1.1 |") == len(f"| 机房 | 网关 |\n{line}")


def test_a_grid_table_is_a_table() -> None:
    grid = "+----+------+\n| 房 | 网关 |\n+====+======+\n| 甲 | 10.1 |\n+----+------+\n| 乙 | 10.2 |\n+----+------+"
    assert units(f"{grid}\n\n尾。\n") == [("table", grid), ("paragraph", "尾。")]
    assert grid[: table_head(grid)].endswith("+====+======+")
    document = parse("a.md", grid)
    rows = [grid[unit.start : unit.end] for unit in units_of(document, document.sections[0], 10)]
    assert rows == [grid[: table_head(grid)], "| 甲 | 10.1 |", "| 乙 | 10.2 |"]


BODY = "卡片遗失当天挂失。"


@pytest.mark.parametrize(
    "front",
    [
        "---\ntitle: 门禁办法\ndate: 2024-01-01\n\n",  # never closed
        "---\ntitle: 门禁办法: 总则\nauthor: @a\n  b: [x\n---\n",  # no YAML
        "\n\n---\ntitle: 门禁办法\n---\n",
        '{\n  "title": "门禁办法",\n  "tags": ["a"]\n}\n\n',
        "Title: 门禁办法\nDate: 2024-01-02\nTags: a\n\n",
        "---\n标题: 门禁办法\n---\n",
        "---\n# a comment\ntitle: 门禁办法\n---\n",
    ],
)
def test_front_matter_as_people_write_it(front: str) -> None:
    document = parse("a.md", front + BODY + "\n")
    assert document.title.startswith("门禁办法")
    assert units(document.text) == [("paragraph", BODY)]


@pytest.mark.parametrize(
    "text",
    ["---\n注意: 先断电。\n\n再断水。\n", '{\n  "title": "a"\n}\n', "日期: 每周五\n地点: 三楼\n\n会议照常。\n"],
)
def test_what_is_no_front_matter_is_text(text: str) -> None:
    assert units(text)[0][1].startswith(text.split("\n")[0 if text[0] != "-" else 1])


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("## 挂失 {#lost .cls}", "挂失"),
        ("## [挂失](lost.md) 与 ![图](a_(1).png)", "挂失 与 图"),
        ("## Lost card [¶](#lost)", "Lost card"),
        ('## 挂失<br>换卡 <a id="x"></a>', "挂失 换卡"),
        ("## `List<int>` 的用法", "List<int> 的用法"),
        ("## {#only}", "{#only}"),
    ],
)
def test_a_title_is_its_words(line: str, title: str) -> None:
    assert atx_heading(line) == (2, title)


def test_comments_over_lines_are_no_text() -> None:
    assert units("甲。\n\n%%\n以后再写。\n%%\n\n乙。\n") == [("paragraph", "甲。"), ("paragraph", "乙。")]


def test_a_footnote_may_begin_below_its_label() -> None:
    assert units("甲[^1]，乙[^b]。\n\n[^1]: 注一。\n[^b]:\n    注二。\n")[1:] == [
        ("note", "[^1]: 注一。"),
        ("note", "[^b]:\n    注二。"),
    ]
