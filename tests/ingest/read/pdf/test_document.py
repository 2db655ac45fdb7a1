import io
import re
from functools import cache

import pdfplumber
import pypdfium2 as pdfium
import pytest
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from ingest.chunk.units import units_of
from ingest.parse import markdown
from ingest.read.pdf import ocr
from ingest.read.pdf.document import read_pdf
from ingest.read.reading import Limits, Reading, UnfitError
from tests.support.papers import drawn, paper

LONG = "值班员每两小时记录一次进水温度和出水温度，温差低于三度时检查填料。" * 4
SECOND = "The float valve is replaced every two years, and its old parts go to the store room behind the gate. " * 4
ROWS = [["设备", "型号", "功率"], *([f"水泵{i}", f"XB-{100 + i}", f"{i} kW"] for i in range(1, 71))]


def read(raw: bytes, limits: Limits | None = None) -> Reading:
    return read_pdf(raw, "a.pdf", limits or Limits())


def bare(text: str) -> str:
    return re.sub(r"[\s|\\#*-]", "", text)


def boxed(raw: bytes, reading: Reading, start: int, end: int) -> str:
    """What another library finds in the boxes of text[start:end]."""
    found = ""
    for page in reading.origin.pages(start, end):
        for x0, y0, x1, y1 in page.boxes:
            for x, y, text in characters(raw)[page.page - 1]:
                found += text if x0 <= x <= x1 and y0 <= y <= y1 else ""
    return found


@cache
def characters(raw: bytes) -> list[list[tuple[float, float, str]]]:
    """The middle of each character, and the character, by pages."""
    with pdfplumber.open(io.BytesIO(raw)) as pdf:
        return [
            [((char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2, char["text"]) for char in page.chars]
            for page in pdf.pages
        ]


def test_headings_paragraphs_and_a_table_over_pages() -> None:
    raw = paper([("title", "手册"), ("heading", "巡检"), ("text", LONG), ("heading", "参数"), ROWS, ("text", "完。")])
    text = read(raw).text
    assert text.startswith(f"# 手册\n\n## 巡检\n\n{LONG}\n\n## 参数\n\n| 设备 | 型号 | 功率 |\n|---|---|---|\n")
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert rows == [
        "| 设备 | 型号 | 功率 |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in ROWS[1:]),
    ]
    assert text.endswith("\n\n完。\n")


def test_a_table_without_lines_keeps_the_columns_that_the_lines_above_it_hide() -> None:
    held = io.BytesIO()
    table = Table([["Alloy", "Temper", "Yield (MPa)"], *([str(6000 + i), "T6", str(200 + i)] for i in range(9))])
    style = ParagraphStyle("text")
    above = [Paragraph("Values are typical at room temperature.", style), Paragraph("Properties", style)]
    SimpleDocTemplate(held).build([*above, table])
    assert "| 6003 | T6 | 203 |" in read(held.getvalue()).text


@pytest.mark.parametrize("marks", ["（1） （2） （3）", "① ② ③", "a) b) c)", "1、 2、 3、"])
def test_lists_that_count_by_marks_of_their_own_keep_them(marks: str) -> None:
    items = [f"{mark}{words}" for mark, words in zip(marks.split(), ("断开电源。", LONG, "擦干。"), strict=True)]
    raw = paper([("text", "步骤如下："), *(("text", item) for item in items), ("text", "完。")])
    reading = read(raw)
    blocks = markdown.parse("a.pdf", reading.text).sections[0].blocks
    assert [(block.kind, reading.text[block.start : block.end]) for block in blocks] == [
        ("paragraph", "步骤如下："),
        *(("list_item", item) for item in items),
        ("paragraph", "完。"),
    ]
    assert [boxed(raw, reading, block.start, block.end) for block in blocks[1:-1]] == items


def test_columns_are_read_one_after_the_other() -> None:
    parts = [("text", f"第{i}段。{LONG}") for i in range(1, 16)]
    text = read(paper(parts, columns=2)).text
    numbers = [int(number) for number in re.findall(r"第(\d+)段", text)]
    assert numbers == sorted(numbers) == list(range(1, 16))
    assert all(f"第{i}段。{LONG}" in text for i in range(1, 16))


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_text_in_the_boxes_of_a_quote_is_the_quote(columns: int, degrees: int) -> None:
    parts = [("title", "手册"), ("text", LONG), ("text", SECOND), ROWS[: 1 + 40 // columns], ("text", LONG)]
    raw = paper(parts, columns)  # type: ignore[arg-type]
    if degrees:
        with pdfium.PdfDocument(raw) as pdf:
            for page in pdf:
                page.set_rotation(degrees)
            held = io.BytesIO()
            pdf.save(held)
        raw = held.getvalue()
    reading = read(raw)
    document = markdown.parse("a.pdf", reading.text)
    units = [unit for section in document.sections for unit in units_of(document, section, long_table=10)]
    assert len(units) > 20
    for unit in units:
        assert bare(boxed(raw, reading, unit.start, unit.end)) == bare(reading.text[unit.start : unit.end])


def test_text_that_runs_another_way_has_boxes_where_it_is_shown() -> None:
    raw = drawn(("Upright words", 50, 550, 0), ("Climbing words", 100, 300, 90), ("Falling words", 300, 300, 270))
    reading = read(raw)
    for words in ("Upright words", "Climbing words", "Falling words"):
        start = reading.text.index(words)
        assert bare(boxed(raw, reading, start, start + len(words))) == bare(words)
    start = reading.text.index("Climbing")
    ((box,),) = (page.boxes for page in reading.origin.pages(start, start + 8))
    x0, y0, x1, y1 = box
    assert 85 < x0 < x1 < 106  # stands to the left of x 100
    assert y1 == pytest.approx(300, abs=1)  # begins at the bottom
    assert y1 - y0 > x1 - x0


def test_a_part_of_a_line_has_a_box_of_its_own() -> None:
    raw = drawn(("alpha beta gamma", 50, 550, 0))
    reading = read(raw)
    assert boxed(raw, reading, 6, 10) == "beta"
    (page,) = reading.origin.pages(6, 10)
    assert (page.page, len(page.boxes), page.ocr) == (1, 1, False)


def test_page_numbers_and_running_heads_are_left_out_and_numbers_in_tables_stay() -> None:
    held = io.BytesIO()
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(held, pagesize=(400, 600))
    for number in (1, 2, 3):
        canvas.drawString(50, 580, "Handbook of pumps")
        canvas.drawString(50, 300, f"Page text {number} stays.")
        canvas.drawString(190, 20, str(number))
        canvas.showPage()
    canvas.save()
    assert read(held.getvalue()).text == "Page text 1 stays.\n\nPage text 2 stays.\n\nPage text 3 stays.\n"
    rows = [["a", "b"], *([f"x{i}", str(i)] for i in range(70))]
    assert "| x35 | 35 |" in read(paper([rows])).text


def test_what_cannot_be_read_says_why() -> None:
    with pytest.raises(UnfitError, match="password"):
        read(drawn(("a", 9, 9, 0), password="secret"))
    with pytest.raises(UnfitError, match="damaged"):
        read(b"%PDF-1.7\n%%EOF")
    with pytest.raises(UnfitError, match="has 2 pages, the limit is 1"):
        read(paper([ROWS]), Limits(pages=1))
    with pytest.raises(UnfitError, match="no text"):
        read(drawn((" ", 9, 9, 0)))


@pytest.fixture(scope="module")
def scan() -> bytes:
    """A page of Chinese and English as a picture of 200 dots an inch, which is drawn from a PDF of text."""
    words = [("text", "冷却塔每三个月检查一次，由第二班负责记录。"), ("text", "The valve is replaced every two years.")]
    with pdfium.PdfDocument(paper(words)) as pdf:
        image = pdf[0].render(scale=200 / 72).to_pil().convert("L")
    held = io.BytesIO()
    image.save(held, "PDF", resolution=200)
    return held.getvalue()


def test_a_picture_of_a_page_is_recognised_and_marked(scan: bytes) -> None:
    reading = read(scan)
    assert "The valve is replaced every two years." in reading.text
    start = reading.text.index("The valve")
    (page,) = reading.origin.pages(start, start + 9)
    assert page.ocr
    (x0, y0, _, y1) = page.boxes[0]
    assert 50 < x0 < 62
    assert 45 < y0 < y1 < 120


@pytest.mark.parametrize(("limits", "why"), [(Limits(ocr=False), "reading.ocr is off"), (Limits(confidence=1.0), "")])
def test_a_picture_that_is_not_recognised_is_named(scan: bytes, limits: Limits, why: str) -> None:
    with pytest.raises(UnfitError, match=f"page 1: .*{why or 'lines could not be recognised'}"):
        read(scan, limits)


def test_without_the_extra_the_command_is_named(scan: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    with pytest.raises(UnfitError, match=re.escape("pip install 'outline-qa[ocr]'")):
        read(scan)
