import io
import zipfile

import pytest

from ingest.read.office.epub import read_epub
from ingest.read.reading import Limits

SAID = "每年大修{}，之后试车一小时。"


def book(**chapters: str) -> bytes:
    held = io.BytesIO()
    items = "".join(f"<item id='{name}' href='{name}.xhtml'/>" for name in chapters)
    spine = "".join(f"<itemref idref='{name}'/>" for name in chapters)
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container><rootfile full-path='O/p.opf'/></container>")
        archive.writestr("O/p.opf", f"<package><title>水泵</title>{items}<spine>{spine}</spine></package>")
        for name, body in chapters.items():
            archive.writestr(f"O/{name}.xhtml", f"<html xmlns:epub='http://x'><body>{body}</body></html>")
    return held.getvalue()


def text(**chapters: str) -> str:
    return read_epub(book(**chapters), "a.epub", Limits()).text


@pytest.mark.parametrize(
    ("mark", "note"),
    [
        (
            "<a epub:type='noteref' href='#n'>1</a>",
            "<aside epub:type='footnote' id='n' hidden=''><p>雨季前。</p></aside>",
        ),
        ("<sup><a id='r' href='#n'>[注1]</a></sup>", "<p><a id='n' href='#r'>[注1]</a>雨季前。</p>"),
        ("<a id='r' href='#n'><sup>①</sup></a>", "<p><sup><a id='n' href='#r'>①</a></sup> 雨季前。</p>"),
        (
            "<a class='duokan-footnote' href='#n'><img src='note.png'/></a>",
            "<ol><li class='duokan-footnote-item' id='n'>雨季前。</li></ol>",
        ),
    ],
)
def test_notes_of_a_book_are_footnotes(mark: str, note: str) -> None:
    assert text(a=f"<p>{SAID.format(mark)}</p>{note}") == f"# 水泵\n\n{SAID.format('[^1]')}\n\n[^1]: 雨季前。\n\n"


def test_notes_at_the_end_of_a_book_are_numbered_through() -> None:
    chapter = "<p>{}</p>".format(SAID.format("<a id='r' epub:type='noteref' href='notes.xhtml#n{0}'>1</a>"))
    notes = "".join(
        f"<p epub:type='endnote' id='n{n}'><a href='{name}.xhtml#r'>1</a> {said}</p>"
        for n, name, said in [(1, "a", "雨季前。"), (2, "b", "由班长签字。")]
    )
    found = text(a=chapter.format(1), b=chapter.format(2), notes=f"<h1>注释</h1>{notes}")
    assert found == (
        f"# 水泵\n\n{SAID.format('[^1]')}\n\n{SAID.format('[^2]')}\n\n"
        "## 注释\n\n[^1]: 雨季前。\n\n[^2]: 由班长签字。\n\n"
    )


def test_the_numbers_of_an_index_lead_to_no_notes() -> None:
    index = "<p>水泵，<a href='a.xhtml#p12'>12</a>，<a href='a.xhtml#p13'>13</a></p>"
    pages = "<p id='p12'>第一段。</p><p><span id='p13'></span>第二段。</p>"
    assert text(a=pages, index=index) == "# 水泵\n\n第一段。\n\n第二段。\n\n水泵，12，13\n\n"


def test_headings_of_chapters_stand_below_the_title_and_code_stays() -> None:
    found = text(a="<h1>浇水</h1><h6>表</h6><pre># 注释</pre>")
    assert found == "# 水泵\n\n## 浇水\n\n###### 表\n\n```\n# 注释\n```\n\n"
