"""Office documents, pages of the web, books, notebooks and tables."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
import openpyxl
import pptx

from benchmarks.format_files.words import Sample, Words


def office_files() -> Iterator[Sample]:
    for seed in range(50, 58):
        words = Words("zh" if seed % 2 else "en", seed, table=20)
        yield words.sample(f"word-{seed}.docx", word(words))
    for seed in range(60, 66):
        words = Words("zh" if seed % 2 else "en", seed, table=40)
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = words.title[:20]
        for row in words.rows:
            sheet.append(row)
        yield Sample(f"book-{seed}.xlsx", _saved(book), (words.title[:20],), (), tuple(map(tuple, words.rows)))
    for seed in range(70, 76):
        words = Words("zh" if seed % 2 else "en", seed, table=6, long=3)
        yield words.sample(f"slides-{seed}.pptx", slides(words))


def word(words: Words) -> bytes:
    document = docx.Document()
    document.add_heading(words.title, 0)
    for heading, lines in words.sections:
        document.add_heading(heading, 1)
        for line in lines:
            document.add_paragraph(line)
    table = document.add_table(rows=0, cols=len(words.rows[0]))
    for row in words.rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value
    return _saved(document)


def slides(words: Words) -> bytes:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[0])
    slide.shapes.title.text = words.title
    for heading, lines in words.sections:
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = heading
        slide.placeholders[1].text = "\n".join(lines)
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "-"
    shape = slide.shapes.add_table(len(words.rows), len(words.rows[0]), 0, 1_000_000, 6_000_000, 2_000_000)
    for i, row in enumerate(words.rows):
        for j, value in enumerate(row):
            shape.table.cell(i, j).text = value
    return _saved(show)


def _saved(document: Any) -> bytes:
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def web_files() -> Iterator[Sample]:
    around = "<nav><a href=/a>Home</a><a href=/b>About us</a></nav>", "<footer>Imprint, all rights reserved</footer>"
    for seed in range(80, 88):
        words = Words("zh" if seed % 2 else "en", seed, table=15)
        text = words.page()
        if seed % 4 < 2:
            text = text.replace("<body>", f"<body>{around[0]}<main>").replace("</body>", f"</main>{around[1]}</body>")
        encoding = "gb18030" if seed == 85 else "utf-8"
        text = text.replace("charset=utf-8", f"charset={'gbk' if seed == 85 else 'utf-8'}")
        yield words.sample(f"page-{seed}.html", text.encode(encoding))
    for seed in (90, 91, 92):
        words = Words("zh" if seed % 2 else "en", seed, table=10)
        yield words.sample(f"novel-{seed}.epub", _epub(words))
    for seed in (94, 95, 96, 97):
        words = Words("zh" if seed % 2 else "en", seed)
        cells = [{"cell_type": "markdown", "source": f"# {words.title}"}]
        for heading, lines in words.sections:
            cells.append({"cell_type": "markdown", "source": f"## {heading}\n\n" + "\n".join(lines)})
            cells.append({"cell_type": "code", "source": "x = 1\nprint(x)", "outputs": [], "metadata": {}})  # type: ignore[dict-item]
        yield words.sample(f"trial-{seed}.ipynb", json.dumps({"nbformat": 4, "cells": cells}).encode())
    for seed in (98, 99, 100, 101):
        words = Words("zh" if seed % 2 else "en", seed, table=30)
        text = "\n".join((";" if seed == 100 else ",").join(row) for row in words.rows)
        raw = text.encode("gb18030" if seed == 101 else "utf-8")
        yield Sample(f"table-{seed}.csv", raw, (), (), tuple(map(tuple, words.rows)))


def _epub(words: Words) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="book.opf"/></rootfiles></container>',
        )
        book.writestr(
            "book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f'<dc:title>{words.title}</dc:title></metadata><manifest><item id="a" href="a.xhtml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        )
        book.writestr("a.xhtml", words.page().replace(f"<h1>{words.title}</h1>", ""))
    return held.getvalue()
