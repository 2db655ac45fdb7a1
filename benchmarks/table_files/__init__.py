"""Documents with tables as files of five formats, and questions for a value in them."""

from __future__ import annotations

import html
import io
import tomllib
from dataclasses import dataclass
from pathlib import Path

import docx
import openpyxl
from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

HERE = Path(__file__).parent
DOCUMENTS = HERE / "documents.toml"
FONTS = {True: "STSong-Light", False: "Times-Roman"}


@dataclass(frozen=True)
class Lookup:
    """A question whose answer is the cell `value` of a row of a document's table."""

    document: str
    question: str
    row: tuple[str, ...]
    value: str


@dataclass(frozen=True)
class Tabular:
    """A document of some lines and a table, its head first; the suffix of its name says of which format it is."""

    name: str
    title: str
    text: tuple[str, ...]
    heading: str
    rows: tuple[tuple[str, ...], ...]
    lookups: tuple[Lookup, ...]
    lines: bool = True  # drawn between the cells

    @property
    def suffix(self) -> str:
        return self.name.rpartition(".")[2]

    def written(self, folder: Path) -> None:
        """Write the file into a folder."""
        writers = {"pdf": _pdf, "docx": _docx, "xlsx": _xlsx, "html": _html, "md": _markdown}
        (folder / self.name).write_bytes(writers[self.suffix](self))


def tabular(file: Path = DOCUMENTS) -> list[Tabular]:
    """Read the documents and their questions."""
    return [_read(**fields) for fields in tomllib.loads(file.read_text("utf-8"))["document"]]


def _read(
    name: str, title: str, text: list[str], heading: str, rows: str, questions: list[list[str]], lines: bool = True
) -> Tabular:
    cells = tuple(tuple(row.split("|")) for row in rows.strip().split("\n"))
    by_first = {row[0]: row for row in cells}
    lookups = tuple(Lookup(name, question, by_first[first], value) for question, first, value in questions)
    return Tabular(name, title, tuple(text), heading, cells, lookups, lines)


def _pdf(document: Tabular) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont(FONTS[True]))
    font = FONTS[not document.title.isascii()]
    sizes = {"title": 18, "heading": 14, "text": 10}
    style = {
        name: ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.5) for name, size in sizes.items()
    }
    table = Table(document.rows, repeatRows=1)
    drawn = [("GRID", (0, 0), (-1, -1), 0.5, colors.black)] if document.lines else []
    table.setStyle([("FONTNAME", (0, 0), (-1, -1), font), *drawn])
    story: list[Flowable] = [
        Paragraph(document.title, style["title"]),
        *(Paragraph(line, style["text"]) for line in document.text),
        Paragraph(document.heading, style["heading"]),
        table,
    ]
    held = io.BytesIO()
    SimpleDocTemplate(held).build(story)
    return held.getvalue()


def _docx(document: Tabular) -> bytes:
    made = docx.Document()
    made.add_heading(document.title, 0)
    for line in document.text:
        made.add_paragraph(line)
    made.add_heading(document.heading, 1)
    table = made.add_table(rows=0, cols=len(document.rows[0]))
    for row in document.rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def _xlsx(document: Tabular) -> bytes:
    """A workbook in which whole numbers are numbers."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = document.heading
    for row in document.rows:
        sheet.append([int(cell) if cell.isdecimal() else cell for cell in row])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _html(document: Tabular) -> bytes:
    rows = [
        "".join(f"<t{mark}>{html.escape(cell)}</t{mark}>" for cell in row)
        for mark, row in zip("h" + "d" * len(document.rows), document.rows, strict=False)
    ]
    return (
        f"<html><head><meta charset=utf-8><title>{document.title}</title></head><body><h1>{document.title}</h1>"
        f"{''.join(f'<p>{html.escape(line)}</p>' for line in document.text)}<h2>{document.heading}</h2>"
        f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table></body></html>"
    ).encode()


def _markdown(document: Tabular) -> bytes:
    head, *rows = (f"| {' | '.join(row)} |" for row in document.rows)
    rule = f"|{'---|' * len(document.rows[0])}"
    return "\n\n".join(
        [f"# {document.title}", *document.text, f"## {document.heading}", "\n".join([head, rule, *rows])]
    ).encode()
