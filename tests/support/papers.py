"""PDFs that tests read, made anew: reportlab writes them, with a standard Chinese font that the file does not carry."""

import io
from collections.abc import Sequence

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Table

FONT = "STSong-Light"


def paper(parts: Sequence[tuple[str, str] | list[list[str]]], columns: int = 1) -> bytes:
    """Return a PDF of (style, text) pairs, style "title", "heading" or "text", and tables as lists of rows."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    sizes = {"title": 20.0, "heading": 14.0, "text": 10.0}
    styles = {
        name: ParagraphStyle(name, fontName=FONT, fontSize=size, leading=1.5 * size, spaceAfter=size, wordWrap="CJK")
        for name, size in sizes.items()
    }
    story: list[Paragraph | Table] = []
    for part in parts:
        if isinstance(part, list):
            table = Table(part, repeatRows=1)
            table.setStyle([("FONTNAME", (0, 0), (-1, -1), FONT), ("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
            story.append(table)
        else:
            story.append(Paragraph(part[1], styles[part[0]]))
    held = io.BytesIO()
    width = (A4[0] - 100 - 24 * (columns - 1)) / columns
    frames = [Frame(50 + i * (width + 24), 50, width, A4[1] - 100, id=str(i)) for i in range(columns)]
    document = BaseDocTemplate(held, pagesize=A4)
    document.addPageTemplates([PageTemplate(frames=frames)])
    document.build(story)
    return held.getvalue()


def drawn(*lines: tuple[str, float, float, float], size: tuple[float, float] = (400, 600), password: str = "") -> bytes:
    """Return a PDF of one page with (text, x, y, degrees) drawn on it."""
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=size, encrypt=password or None)
    for text, x, y, degrees in lines:
        canvas.saveState()
        canvas.translate(x, y)
        canvas.rotate(degrees)
        canvas.drawString(0, 0, text)
        canvas.restoreState()
    canvas.save()
    return held.getvalue()
