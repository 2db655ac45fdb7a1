import pytest

from ingest.parse import markdown
from ingest.parse.machinery import title_span


@pytest.mark.parametrize(
    ("line", "title"),
    [
        (":::", ""),
        ("::: warning", ""),
        (":::note Keep the valve shut", "Keep the valve shut"),
        (":::tip[小贴士]", "小贴士"),
        ('!!! warning "Hot surface"', "Hot surface"),
        ("??? note", ""),
        ('=== "Linux"', "Linux"),
        ("/// warning | 高温", "高温"),
        ("///", ""),
        ("```{note}", ""),
        ("```{admonition} 小心高温", "小心高温"),
        (".. warning:: Hot surface", "Hot surface"),
        (".. include:: footer.rst", ""),
        ('<TabItem value="win" label="Windows">', "Windows"),
        ('<Card title="端口" icon={<Icon name="x" />} {...rest}>', "端口"),
        ("</Tabs>", ""),
        ('{% hint style="info" %}', ""),
        ("{% endhint %}", ""),
        ('{{< alert title="小心" >}}', "小心"),
        ("{{% /notice %}}", ""),
        ("{{#include ../valve.rs:2:10}}", ""),
        ("<<< @/valve.js", ""),
        ("[!INCLUDE [footer](footer.md)]", ""),
        ("include::footer.adoc[]", ""),
        ("[TOC]", ""),
        ("[[_TOC_]]", ""),
        ("{: .no_toc }", ""),
        ("%% 以后再写 %%", ""),
        ("[//]: # (以后再写)", ""),
        ('[manual]: https://example.com/a "Manual"', ""),
        ("{/* not shown */}", ""),
        ('{% include "footer.md" %}', ""),
        ('--8<-- "limits.md"', ""),
        ("> [!NOTE]", ""),
        (">[!warning]- 高温表面", "高温表面"),
        ("> > [!tip|noicon]+ Read first ", "Read first"),
        ("![[pump.png]]", ""),
        ("![](a.png) ![][b]", ""),
    ],
)
def test_what_is_for_the_program_keeps_its_title_alone(line: str, title: str) -> None:
    span = title_span(line)
    assert span is not None
    assert line[slice(*span)] == title


@pytest.mark.parametrize(
    "line",
    [
        "import tariffs rose from 3 % to 5 %",
        '<Highlight color="green">绿色</Highlight> 表示正常。',
        "价格是 {{ price }} 元。",
        "=== 总则 ===",
        "[1]: https://example.com 一篇文章",
        "[注意]: 先断电",
        "增长 5%% 到 7%%，再回落",
        "/// 三条斜线是文档注释",
        "```python",
        "真的吗？？？",
        "!!! ",
        "export controls",
        "注意：关阀",
        "-- 8 --",
        "a ::: b",
        "> [see](a.md) [!]",
        "![水泵](a.png)",
        "[!NOTE]",
    ],
)
def test_text_is_text(line: str) -> None:
    assert title_span(line) is None


def test_an_admonition_is_its_title_and_its_text() -> None:
    above = 'import A from "a"\n\n'
    text = f'{above}:::note 关阀\n先关旁通阀。\n:::\n\n!!! warning "Hot"\n    The housing is hot.\n\n```\n:::\n```\n'
    (section,) = markdown.parse("a.md", text).sections
    assert [text[block.start : block.end] for block in section.blocks] == [
        "关阀",
        "先关旁通阀。",
        "Hot",
        "The housing is hot.",
        "```\n:::\n```",
    ]


def test_an_alert_is_what_it_says() -> None:
    text = "# 泵\n\n> [!CAUTION]\n> 先断电。\n> 再开盖。\n\n![[photo.png|300]]\n\n完。\n"
    (section,) = markdown.parse("a.md", text).sections
    assert [text[block.start : block.end] for block in section.blocks] == ["> 先断电。\n> 再开盖。", "完。"]


@pytest.mark.parametrize("begin", ["<A ", "{% a ", "{{< ", "<A {", "=== "])
def test_long_lines_end(begin: str) -> None:
    for rest in ('title="x" ', "x ", "{", "%", ">"):
        assert title_span(f"{begin}{rest * 20_000}!") in (None, (0, 0))
