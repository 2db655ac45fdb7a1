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


def pictured(line: str, picture: bytes, side: int) -> bytes:
    """Return a PDF of one page with a line and a JPEG 2000 picture of three colours, `side` points wide and high."""
    content = f"BT /F 12 Tf 40 500 Td ({line}) Tj ET q {side} 0 0 {side} 40 300 cm /P Do Q".encode("ascii")
    resources = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</P 5 0 R>>>>"
    size = f"/Width {side}/Height {side}/ColorSpace/DeviceRGB/BitsPerComponent 8/Length {len(picture)}".encode("ascii")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 600]/Contents 4 0 R/Resources" + resources + b">>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/XObject/Subtype/Image/Filter/JPXDecode%s>>stream\n%s\nendstream" % (size, picture),
    ]
    whole, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (count, len(whole))
    return whole + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table) + trailer
