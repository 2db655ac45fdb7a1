"""Cells that cover others, in workbooks, slides and web pages: what they show belongs to each row and column."""

import io

import openpyxl
import pptx
import pytest

from ingest.read.office.csv_table import read_csv
from ingest.read.office.pptx import read_pptx
from ingest.read.office.xlsx import read_xlsx
from ingest.read.reading import Limits
from ingest.read.web.page import read_html


def workbook(rows: list[list[object]], *merged: str) -> str:
    book, held = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(held)
    return read_xlsx(held.getvalue(), "a.xlsx", Limits()).text.removeprefix("## Sheet\n\n")


def test_a_cell_over_several_rows_stands_in_each() -> None:
    rows: list[list[object]] = [
        ["区域", "机房", "备注"],
        ["东区", "甲", "无"],
        [None, "乙", None],
        ["西区", "丙", None],
    ]
    text = workbook(rows, "A2:A3", "B4:C4")
    assert text == "| 区域 | 机房 | 备注 |\n|---|---|---|\n| 东区 | 甲 | 无 |\n| 东区 | 乙 |  |\n| 西区 | 丙 | 丙 |\n"


def test_a_head_of_two_rows_is_one_and_leads_to_both() -> None:
    rows: list[list[object]] = [["季度", "收入", None], [None, "预算", "实际"], ["一", 10, 12]]
    book, held = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("A1:A2")
    book.save(held)
    reading = read_xlsx(held.getvalue(), "a.xlsx", Limits())
    assert reading.text == "## Sheet\n\n| 季度 | 收入 预算 | 收入 实际 |\n|---|---|---|\n| 一 | 10 | 12 |\n"
    assert [part.name for part in reading.origin.parts] == ["Sheet!A1:C2", "Sheet!A3:C3"]


def test_a_title_over_a_table_stays_a_title() -> None:
    rows: list[list[object]] = [["机房清单", None], ["机房", "网关"], ["甲", "10.1"]]
    assert workbook(rows, "A1:B1") == "机房清单\n\n| 机房 | 网关 |\n|---|---|\n| 甲 | 10.1 |\n"


@pytest.mark.parametrize(
    ("form", "shown"), [("0%", "12%"), ("0.0%", "12.5%"), ("0.00%", "12.50%"), ("General", "0.125")]
)
def test_shares_are_shown_as_the_sheet_shows_them(form: str, shown: str) -> None:
    book, held = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["税", 0.125])
    sheet.append(["费", 1])
    sheet["B1"].number_format = form
    book.save(held)
    assert f"| 税 | {shown} |" in read_xlsx(held.getvalue(), "a.xlsx", Limits()).text


def test_slides_have_their_merged_cells_and_hidden_ones_are_named() -> None:
    show, held = pptx.Presentation(), io.BytesIO()
    table = show.slides.add_slide(show.slide_layouts[6]).shapes.add_table(3, 2, 0, 0, 99, 99).table
    for row, texts in enumerate([("机房", "功率"), ("甲", "12"), ("乙", "")]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(1, 1).merge(table.cell(2, 1))
    hidden = show.slides.add_slide(show.slide_layouts[5])
    hidden.shapes.title.text = "草稿"
    hidden._element.set("show", "0")
    show.save(held)
    reading = read_pptx(held.getvalue(), "a.pptx", Limits())
    assert reading.text == "## 1\n\n| 机房 | 功率 |\n|---|---|\n| 甲 | 12 |\n| 乙 | 12 |\n"
    assert reading.warnings == ("the hidden slide 2 is left out",)


def test_a_head_of_two_rows_in_a_page_is_one() -> None:
    head = "<tr><th rowspan=2>季度</th><th colspan=2>收入</th></tr><tr><th>预算</th><th>实际</th></tr>"
    page = f"<main><table>{head}<tr><th>一</th><td>10</td><td>12</td></tr></table><p>说明文字。</p></main>"
    text = read_html(page.encode(), "a.html", Limits()).text
    assert text.startswith("| 季度 | 收入 预算 | 收入 实际 |\n|---|---|---|\n| 一 | 10 | 12 |\n")


def test_the_line_that_names_a_separator_is_no_row() -> None:
    assert read_csv(b"sep=;\r\na;b\r\n1,5;2\r\n", "a.csv", Limits()).text == "| a | b |\n|---|---|\n| 1,5 | 2 |\n"
