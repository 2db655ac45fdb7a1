"""Every format through the sandbox, as a build reads it."""

import io
import json
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml

from ingest.read.content import read_content
from ingest.read.reading import Limits, Reading, UnfitError
from ingest.read.sandbox import Sandbox
from tests.support.papers import drawn

FORMULA = (
    '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:f><m:num><m:r><m:t>a</m:t></m:r>'
    "</m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>"
)
PICTURE = b64decode(  # a GIF of one point
    "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw=="
)
ROWS = [["机房", "网关"], ["机房1", "10.8.1.1"], ["机房2", "10.8.2.1 | x"]]
TABLE = "| 机房 | 网关 |\n|---|---|\n| 机房1 | 10.8.1.1 |\n| 机房2 | 10.8.2.1 \\| x |\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(seconds=60, unpacked_mb=64)) as held:
        yield held


def saved(document: Any) -> bytes:
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def archive(**parts: str | bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return held.getvalue()


def parts(reading: Reading) -> list[tuple[str, str, str]]:
    return [(part.kind, part.name, reading.text[part.start : part.end].strip()) for part in reading.origin.parts]


def test_a_word_document(sandbox: Sandbox) -> None:
    document = docx.Document()
    document.add_heading("水泵手册", 0)
    document.add_heading("保养", 1)
    document.add_paragraph("公式 ")._p.append(parse_xml(FORMULA))
    for text in ("先关阀", "再断电"):
        document.add_paragraph(text, style="List Bullet")
    table = document.add_table(rows=0, cols=2)
    for row in ROWS:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value
    text = read_content(saved(document), "named-otherwise.bin", sandbox).text
    assert text == "# 水泵手册\n\n## 保养\n\n公式 $\\frac{a}{b}$\n\n- 先关阀\n- 再断电\n\n" + TABLE


def test_a_workbook_leads_to_its_cells(sandbox: Sandbox) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "清单"
    for row in [["说明"], [], *ROWS]:
        sheet.append(row)
    book.create_sheet("hidden").sheet_state = "hidden"
    reading = read_content(saved(book), "a.xlsx", sandbox)
    assert reading.text == "## 清单\n\n说明\n\n" + TABLE
    assert parts(reading)[1:3] == [
        ("sheet", "清单!A3:B3", "| 机房 | 网关 |"),
        ("sheet", "清单!A4:B4", "| 机房1 | 10.8.1.1 |"),
    ]
    assert reading.warnings == ("the hidden sheet 'hidden' is left out",)


def test_slides(sandbox: Sandbox) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "发布"
    slide.placeholders[1].text = "先放量\n再观察"
    slide.notes_slide.notes_text_frame.text = "周五不发布。"
    reading = read_content(saved(show), "a.pptx", sandbox)
    assert reading.text == "## 发布\n\n- 先放量\n- 再观察\n\n周五不发布。\n"
    assert [part[:2] for part in parts(reading)] == [("slide", "1")]


def test_pictures_and_captions_of_office_documents_are_text(sandbox: Sandbox) -> None:
    document, show = docx.Document(), pptx.Presentation()
    document.add_picture(io.BytesIO(PICTURE))._inline.docPr.set("descr", "水泵剖面")
    document.add_paragraph("图 1 水泵的剖面", style="Caption")
    text = read_content(saved(document), "a.docx", sandbox).text
    assert text == "水泵剖面\n\n图 1 水泵的剖面\n"
    shapes = show.slides.add_slide(show.slide_layouts[6]).shapes
    for described in ("水泵剖面", "image7.png"):
        shapes.add_picture(io.BytesIO(PICTURE), 0, 0)._element.nvPicPr.cNvPr.set("descr", described)
    assert read_content(saved(show), "a.pptx", sandbox).text == "## 1\n\n水泵剖面\n"


@pytest.mark.parametrize(
    ("mark", "note"),
    [
        ("<sup><a href='#n1'>[1]</a></sup>", "<ol><li id=n1><p>雨季前。<a href='#r1'>↩</a></p></li></ol>"),
        ("<a href='#n1' role=doc-noteref><sup>1</sup></a>", "<aside id=n1>雨季前。</aside>"),
    ],
)
def test_footnotes_of_a_page_are_footnotes(sandbox: Sandbox, mark: str, note: str) -> None:
    text = f"每年大修{mark}，之后试车一小时，记录写进台账，由班长签字存档。"
    page = f"<html><body><main><h1>水泵</h1><p>{text}</p>{note}</main>"
    text = read_content(page.encode(), "a.html", sandbox).text
    assert text == "# 水泵\n\n每年大修[^1]，之后试车一小时，记录写进台账，由班长签字存档。\n\n[^1]: 雨季前。\n"


def test_a_diagram_of_a_page_is_code(sandbox: Sandbox) -> None:
    drawn = "<div class=mermaid>graph TD\n# a\nA--&gt;B</div>"
    figure = "<figure><img alt=剖面 src=a.png><figcaption>图 1</figcaption></figure>"
    page = f"<html><body><main><h1>水泵</h1>{drawn}{figure}</main>"
    text = read_content(page.encode(), "a.html", sandbox).text
    assert text == "# 水泵\n\n```mermaid\ngraph TD\n# a\nA-->B\n```\n\n剖面\n\n图 1\n"


def test_a_web_page_says_what_it_is_about(sandbox: Sandbox) -> None:
    page = (
        "<html><head><title>x</title><meta charset=gbk></head><body><nav><a href=/>首页</a></nav><main>"
        "<h1 id=top>门禁</h1><p>卡片遗失<b>当天</b>挂失，补卡按规定收费，详见下表。"
        "<span style='display:none'>隐藏</span></p><table><tr><th>卡</th><th>费用</th></tr>"
        "<tr><td rowspan=2>白卡</td><td>20</td></tr><tr><td>25</td></tr></table>"
        "<pre><code class=language-sh># no heading</code></pre><p>$ &lt;b&gt; &lt;!-- 不是注释 --&gt;</p>"
        "<p><math><msup><mi>c</mi><mn>2</mn></msup></math></p><img alt='图一 门口'>"
        "</main><footer>版权</footer></body></html>"
    )
    reading = read_content(page.encode("gbk"), "a.html", sandbox)
    assert reading.text == (
        "# 门禁\n\n卡片遗失**当天**挂失，补卡按规定收费，详见下表。\n\n"
        "| 卡 | 费用 |\n|---|---|\n| 白卡 | 20 |\n| 白卡 | 25 |\n\n"
        "```sh\n# no heading\n```\n\n$ \\<b> <\\!-- 不是注释 -->\n\n$c^{2}$\n\n图一 门口\n"
    )
    assert reading.encoding == "gbk" or reading.encoding == "gb18030"
    assert parts(reading)[0][:2] == ("anchor", "top")


def test_a_notebook_without_its_version(sandbox: Sandbox) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# 实验\n", "熔点八十二度。"]},
        {"cell_type": "code", "source": "print(1)", "outputs": [{"output_type": "stream", "text": ["1\n"]}]},
    ]
    reading = read_content(json.dumps({"cells": cells}).encode(), "x.ipynb", sandbox)
    assert reading.text == "# 实验\n熔点八十二度。\n\n```python\nprint(1)\n```\n\n```text\n1\n```\n"
    assert [part[:2] for part in parts(reading)] == [("cell", "1"), ("cell", "2")]


def test_a_book_and_a_table(sandbox: Sandbox) -> None:
    book = archive(
        **{
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="O/b.opf"/></rootfiles></container>',
            "O/b.opf": '<package xmlns:dc="d"><metadata><dc:title>养花</dc:title></metadata><manifest>'
            '<item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
            "O/a.xhtml": "<html><body><h1>浇水</h1><p>每周两次。</p></body></html>",
        }
    )
    reading = read_content(book, "a.epub", sandbox)
    assert reading.text == "# 养花\n\n## 浇水\n\n每周两次。\n\n"
    assert len(reading.warnings) == 1
    table = read_content(
        "机房;网关与负责人的电话\n机房1;10.8.1.1\n第二机房;值班室在一楼东侧\n".encode("gb18030"), "a.csv", sandbox
    )
    assert parts(table)[1] == ("sheet", "a!A2:B2", "| 机房1 | 10.8.1.1 |")


ENTITIES = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><d>&x;</d>'
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("name", "raw", "why"),
    [
        ("bomb.docx", archive(**{"word/document.xml": b" " * (65 << 20)}), "unpacks to more than 64 MB"),
        ("dense.xlsx", archive(**{"xl/workbook.xml": b"", "xl/a.xml": b" " * (8 << 20)}), "a bomb"),
        ("entities.docx", archive(**{"word/document.xml": ENTITIES}), "declares XML entities"),
        ("a.zip", archive(a="b"), "a ZIP archive"),
        ("cut.docx", archive(**{"word/document.xml": "<a/>"})[:-30], "damaged ZIP"),
        ("old.doc", OLD, "old office document"),
        ("locked.docx", OLD + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("locked.pdf", drawn(("a", 9, 9, 0), password="x"), "password"),
        ("text.pdf", b"no pdf at all", "is none"),
        ("deep.ipynb", b'{"cells":' + b"[" * 100_000, "nested"),
        ("a.md", b" ", "empty"),
        ("blank.html", b"<html><body><script>x</script></body></html>", "no text"),
    ],
)
def test_what_is_refused_says_why(sandbox: Sandbox, name: str, raw: bytes, why: str) -> None:
    with pytest.raises(UnfitError, match=why):
        read_content(raw, name, sandbox)
    assert read_content(b"a,b\n1,2\n", "next.csv", sandbox).text  # the others go on


def test_a_document_deep_in_itself_is_read_or_refused(sandbox: Sandbox) -> None:
    try:
        assert "deep" in read_content(b"<html><div>" * 20_000 + b"deep", "a.html", sandbox).text
    except UnfitError as error:
        assert str(error)  # noqa: PT017
