"""Files of all formats with what they say known: what `python -m benchmarks.formats` reads."""

from __future__ import annotations

import html
import io
import json
import random
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import pypdfium2 as pdfium
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Table

SUBJECTS = {
    "zh": ["冷却塔", "门禁系统", "净水机", "温室大棚", "电梯", "消防泵", "档案室", "食堂", "充电桩", "配电柜"],
    "en": ["cooling tower", "front gate", "water filter", "greenhouse", "lift", "fire pump", "archive", "canteen",
           "charging post", "switchboard"],
}  # fmt: skip
SENTENCES = {
    "zh": [
        "{s}每{a}天检查一次，由第{b}班负责记录。", "发现{s}漏水时要在{a}分钟内上报，并关闭第{b}号阀门。",
        "{s}的备件存放在第{b}库房，领用时登记编号{a}。", "温度超过{a}度时，{s}自动停机，{b}小时后再试。",
        "新员工培训{a}天以后才能单独操作{s}，期间由{b}级师傅带领。", "{s}的年度保养费用约为{a}元，比上年减少了{b}元。",
    ],
    "en": [
        "The {s} is checked every {a} days, and shift {b} keeps the record.",
        "When the {s} leaks, report it within {a} minutes and close valve number {b}.",
        "Spare parts of the {s} are kept in store {b} under the number {a}.",
        "Above {a} degrees the {s} stops by itself; try again after {b} hours.",
        "New staff may work at the {s} alone after {a} days of training with a guide of grade {b}.",
    ],
}  # fmt: skip
HEADINGS = {
    "zh": ["日常检查", "故障处理", "备件与费用"],
    "en": ["Daily checks", "Faults and repairs", "Parts and costs"],
}
HEADS = {"zh": ["设备", "型号", "功率", "地点"], "en": ["device", "model", "power", "place"]}


@dataclass(frozen=True)
class Sample:
    """A file and what it says: its sections with their sentences, in order, and the rows of its table."""

    name: str
    raw: bytes
    headings: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    formula: str = ""
    scanned: bool = False


@dataclass
class Words:
    """A document to be written in some format."""

    language: str
    seed: int
    table: int = 0
    long: int = 4
    title: str = ""
    sections: list[tuple[str, list[str]]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        dice = random.Random(self.seed)
        subject = SUBJECTS[self.language][self.seed % 10]
        self.title = f"{subject}管理手册" if self.language == "zh" else f"Manual of the {subject}"
        for heading in HEADINGS[self.language]:
            lines = [
                dice.choice(SENTENCES[self.language]).format(s=subject, a=dice.randint(11, 999), b=dice.randint(2, 99))
                for _ in range(self.long)
            ]
            self.sections.append((heading, lines))
        word = "机组" if self.language == "zh" else "unit "
        if self.table:
            self.rows = [HEADS[self.language]] + [
                [
                    f"{word}{i}",
                    f"K{self.seed}-{dice.randint(100, 999)}",
                    f"{dice.randint(10, 990)} kW",
                    f"{word}{i}-{i % 7}",
                ]
                for i in range(1, self.table + 1)
            ]

    def sample(self, name: str, raw: bytes, **more: Any) -> Sample:
        sentences = tuple(line for _, lines in self.sections for line in lines)
        headings = (self.title, *(heading for heading, _ in self.sections))
        return Sample(name, raw, headings, sentences, tuple(map(tuple, self.rows)), **more)

    def page(self, style: str = "", columns: int = 1, formula: str = "", lines: bool = True) -> str:
        """The document as HTML."""
        gap = "" if self.language == "zh" else " "
        body = "".join(
            f"<h2>{h}</h2><p>{html.escape(gap.join(lines[: len(lines) // 2]))}</p>"
            f"<p>{html.escape(gap.join(lines[len(lines) // 2 :]))}</p>"
            for h, lines in self.sections
        )
        rows = "".join(
            f"<tr>{''.join(f'<t{d}>{html.escape(cell)}</t{d}>' for cell in row)}</tr>"
            for d, row in zip(["h", *"d" * len(self.rows)], self.rows, strict=False)
        )
        border = "border-collapse:collapse" if lines else "border:0"
        cells = "th,td{border:1px solid #333;padding:3px 14px}" if lines else "td,th{padding:3px 20px;text-align:left}"
        return (
            f"<html lang={self.language}><head><meta charset=utf-8><title>{self.title}</title><style>"
            f"body{{font-family:'Noto Serif CJK SC',serif;font-size:12pt}} table{{{border}}} {cells} {style}"
            f"</style></head><body><h1>{self.title}</h1><div style='column-count:{columns}'>{body}</div>{formula}"
            + (f"<h2>{'清单' if self.language == 'zh' else 'List'}</h2><table>{rows}</table>" if rows else "")
            + "</body></html>"
        )


def samples() -> Iterator[Sample]:
    """Yield every file that can be read, the same ones at each call."""
    yield from _printed()
    yield from _set()
    yield from _office()
    yield from _web()


def _printed() -> Iterator[Sample]:
    """PDFs and scans by a browser."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium")
        page = browser.new_page()
        for seed, language in enumerate(["zh", "en"] * 6):
            yield _browsed(page, seed, language)
        for seed in (3, 4, 5, 8):
            words = Words("zh" if seed != 4 else "en", seed)
            raw = _scan(page, words.page("body{margin:90px;line-height:1.7}"))
            yield words.sample(f"scan-{seed}.pdf", raw, scanned=True)
        browser.close()


def _browsed(page: Page, seed: int, language: str) -> Sample:
    """One of six forms: plain, two columns, a long table, one without lines, many pages with heads, a formula."""
    words = Words(language, seed, table={2: 60, 3: 25}.get(seed % 6, 0), long={1: 12, 4: 30}.get(seed % 6, 4))
    energy = "<p><math><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></math></p>"
    text = words.page(columns=1 + (seed % 6 == 1), formula=energy if seed % 6 == 5 else "", lines=seed % 6 != 3)
    style = "style='font-size:9px;margin-left:40px'"
    page.set_content(text)
    raw = page.pdf(
        format="A4",
        landscape=seed % 6 == 3,
        margin={"top": "70px", "bottom": "70px", "left": "50px", "right": "50px"},
        display_header_footer=seed % 6 == 4,
        header_template=f"<span {style}>{words.title}</span>",
        footer_template=f"<span {style} class=pageNumber></span>",
    )
    return words.sample(f"browser-{seed}.pdf", raw)


def _scan(page: Page, text: str) -> bytes:
    """A page of A4 at 300 dots an inch, in grey, a little turned, as JPEG inside a PDF."""
    page.set_viewport_size({"width": 827, "height": 1169})
    page.set_content(text)
    context = page.context.browser
    assert context
    sharp = context.new_page(viewport={"width": 827, "height": 1169}, device_scale_factor=3)
    sharp.set_content(text)
    image = Image.open(io.BytesIO(sharp.screenshot())).convert("L")
    sharp.close()
    image = image.rotate(0.3, fillcolor=255, resample=Image.Resampling.BICUBIC)
    held = io.BytesIO()
    image.save(held, "PDF", resolution=300)
    return held.getvalue()


def _set() -> Iterator[Sample]:
    """PDFs by reportlab: with and without fonts of their own, one and two columns, turned pages, long tables."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    for seed in range(20, 42):
        language = "zh" if seed % 2 else "en"
        table = {0: 0, 1: 70, 2: 12}[seed % 3]
        words = Words(language, seed, table=table, long=6 + seed % 5)
        raw = _story(
            words, columns=2 if seed % 4 == 1 and not table else 1, size=landscape(A4) if seed % 7 == 0 else A4
        )
        if seed % 5 == 0:
            raw = _turned(raw, 90 * (1 + seed // 5 % 3))
        yield words.sample(f"set-{seed}.pdf", raw)


def _story(words: Words, columns: int, size: tuple[float, float]) -> bytes:
    font = "STSong-Light" if words.language == "zh" else "Times-Roman"
    wrap = {"wordWrap": "CJK"} if words.language == "zh" else {}
    text = ParagraphStyle("text", fontName=font, fontSize=10, leading=15, spaceAfter=8, **wrap)
    first = ParagraphStyle("first", fontName=font, fontSize=19, leading=25, spaceAfter=10)
    second = ParagraphStyle("second", fontName=font, fontSize=14, leading=19, spaceBefore=8, spaceAfter=6)
    story: list[Any] = [Paragraph(words.title, first)]
    for heading, lines in words.sections:
        gap = "" if words.language == "zh" else " "
        half = len(lines) // 2
        story += [
            Paragraph(heading, second),
            Paragraph(gap.join(lines[:half]), text),
            Paragraph(gap.join(lines[half:]), text),
        ]
    if words.rows:
        table = Table(words.rows, repeatRows=1)
        table.setStyle([("FONTNAME", (0, 0), (-1, -1), font), ("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
        story.append(table)
    held = io.BytesIO()
    width, height = size
    each = (width - 100 - 24 * (columns - 1)) / columns
    frames = [Frame(50 + i * (each + 24), 50, each, height - 100, id=str(i)) for i in range(columns)]
    document = BaseDocTemplate(held, pagesize=size)
    document.addPageTemplates([PageTemplate(frames=frames)])
    document.build(story)
    return held.getvalue()


def _turned(raw: bytes, degrees: int) -> bytes:
    with pdfium.PdfDocument(raw) as pdf:
        for page in pdf:
            page.set_rotation(degrees)
        held = io.BytesIO()
        pdf.save(held)
    return held.getvalue()


def _office() -> Iterator[Sample]:
    for seed in range(50, 58):
        words = Words("zh" if seed % 2 else "en", seed, table=20)
        yield words.sample(f"word-{seed}.docx", _word(words))
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
        yield words.sample(f"slides-{seed}.pptx", _slides(words))


def _word(words: Words) -> bytes:
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


def _slides(words: Words) -> bytes:
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


def _web() -> Iterator[Sample]:
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


def hostile() -> Iterator[Sample]:
    """Yield files that no reader may take, and damaged ones: each is refused with a reason, or read in part."""
    words = Words("en", 7, table=5)
    good = {"pdf": _story(words, 1, A4), "docx": _word(words), "pptx": _slides(words)}
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<a>" + b" " * (300 << 20) + b"</a>")
    yield Sample("bomb.docx", bomb.getvalue())
    laughs = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    xml = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a0 "ha">{laughs}]><d>&a11;</d>'
    outside = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'
    for name, text in (("laughs", xml), ("outside", outside)):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr("word/document.xml", text)
        yield Sample(f"{name}.docx", held.getvalue())
    yield Sample("deep.html", b"<div>" * 100_000 + b"deep")
    yield Sample("deep.ipynb", b'{"cells":' + b"[" * 200_000)
    yield Sample("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    yield Sample(
        "locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    )
    yield Sample("locked.pdf", _locked(words))
    yield Sample("empty.pdf", b"%PDF-1.7\n%%EOF")
    yield Sample("loop.pdf", _loop())
    yield Sample("false.pdf", b"\x00\x01\x02" * 100)
    yield Sample("wide.csv", b",".join([b"x"] * 600_000))
    yield Sample(
        "spans.html", b"<table>" + b"<tr><td colspan=9999 rowspan=9999>a</td><td>b</td></tr>" * 400 + b"</table>"
    )
    dice = random.Random(1)
    for kind, raw in good.items():
        for number in range(8):
            cut = bytearray(raw)
            for _ in range(1 + number * 12):
                cut[dice.randrange(len(cut))] = dice.randrange(256)
            yield Sample(f"fuzzed-{number}.{kind}", bytes(cut[: len(cut) if number % 2 else len(cut) * 2 // 3]))


def _locked(words: Words) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    held = io.BytesIO()
    canvas = Canvas(held, encrypt="secret")
    canvas.drawString(72, 700, words.title)
    canvas.save()
    return held.getvalue()


def _loop() -> bytes:
    """A tree of pages that holds itself."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )


def written(folder: Path, made: Sequence[Sample]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for sample in made:
        (folder / sample.name).write_bytes(sample.raw)
