from pathlib import Path

import pytest

from ingest.clean import CleanSteps, Source, clean_sources
from ingest.clean.comments import remove_comments
from ingest.clean.report import Edit


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("水温<!-- 待定 -->九十度。", "水温九十度。"),
        ("<!-- 旧稿\n\n## 作废\n\n水温八十度。\n-->\n\n# 咖啡\n", "\n\n# 咖啡\n"),
        ("水温九十度。<!-- 旧稿：\n\n八十度 -->", "水温九十度。"),
        ("- 磨豆\n\n    <!-- 列表里 -->\n- 冲煮 <!-- 末尾 -->", "- 磨豆\n\n    \n- 冲煮 "),
        ("> <!-- 引文\n> 里 -->水", "> 水"),
        ("<!-- ```\nx\n``` -->\n水", "\n水"),
        ("<div>\n<!-- 一\n\n## 二\n-->\n</div>\n", "<div>\n\n</div>\n"),
        ("<script>\n# x\nlet a = '<!--';\n</script>\n水", "\n水"),
        ("<style>\nh1 { color: red }\n</style>\n\n水", "\n\n水"),
        ("[//]: # (不给人看)\n水\n[note]: <> (也不)", "\n水\n"),
        ("半个`反引号 <!-- 藏 -->水", "半个`反引号 水"),
    ],
)
def test_what_no_reader_sees_is_taken_out(text: str, shown: str) -> None:
    assert remove_comments(text)[0] == shown


@pytest.mark.parametrize(
    "text",
    [
        "`<!-- x -->` 和 ``a ` <!-- y -->``",
        "```html\n<!-- 示例 -->\n```",
        "~~~\n<script>\n</script>\n~~~",
        "    <!-- 缩进的代码 -->\n",
        "<pre>\n<!-- 示例 -->\n</pre>",
        "<!-- 没有结尾\n\n# 咖啡\n水",
        "<script>\n没有结尾",
        "a --> b，1 < 2，[1]: https://example.com",
    ],
)
def test_code_and_what_has_no_end_stay(text: str) -> None:
    assert remove_comments(text) == (text, [])


def test_the_report_says_where() -> None:
    text = "<!-- 一 -->\n水\n<!-- 二 -->\n<style>\n</style>\n"
    assert remove_comments(text)[1] == [
        Edit("comment removed", 2, (1, 3)),
        Edit("script or style removed", 1, (4,)),
    ]


def test_the_step_can_be_switched_off() -> None:
    source = Source("a.md", "水<!-- 藏 -->", "0" * 64, Path("a.md"), "utf-8")
    assert [cleaned.text for cleaned in clean_sources([source], CleanSteps())[0]] == ["水"]
    assert [cleaned.text for cleaned in clean_sources([source], CleanSteps(comments=False))[0]] == [source.text]


def test_many_comments_without_an_end_take_no_longer() -> None:
    text = "<!-- 一\n\n" * 20_000
    assert remove_comments(text) == (text, [])
