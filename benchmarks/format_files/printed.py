"""PDFs, by a browser and by a typesetter, and scans of pages."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Table

from benchmarks.format_files.words import Sample, Words


def browser_files() -> Iterator[Sample]:
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


def typeset_files() -> Iterator[Sample]:
    """PDFs by reportlab: with and without fonts of their own, one and two columns, turned pages, long tables."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    for seed in range(20, 42):
        language = "zh" if seed % 2 else "en"
        table = {0: 0, 1: 70, 2: 12}[seed % 3]
        words = Words(language, seed, table=table, long=6 + seed % 5)
        raw = typeset(
            words, columns=2 if seed % 4 == 1 and not table else 1, size=landscape(A4) if seed % 7 == 0 else A4
        )
        if seed % 5 == 0:
            raw = _turned(raw, 90 * (1 + seed // 5 % 3))
        yield words.sample(f"set-{seed}.pdf", raw)


def typeset(words: Words, columns: int, size: tuple[float, float]) -> bytes:
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
