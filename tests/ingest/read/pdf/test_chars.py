import io

import pypdfium2 as pdfium
import pypdfium2.raw as c
import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.read.pdf.chars import chars_of, frame_of
from ingest.read.pdf.document import read_pdf
from ingest.read.reading import Limits
from tests.support.papers import drawn, paper


def parted() -> bytes:
    """A justified paragraph whose words are parted at the ends of lines, as TeX writes it."""
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=(300, 300))
    for number, line in enumerate(
        ["A set of rules that governs the manip-", "ulation of values and the order in", "which they are read."]
    ):
        canvas.drawString(20, 250 - 14 * number, line)
    canvas.save()
    return held.getvalue()


PAGES = {
    "Latin": drawn(("A valve of the first tower.", 30, 500, 0), ("It is closed at night.", 30, 480, 0)),
    "turned": drawn(("A valve of the first tower.", 30, 100, 90), ("On its side.", 200, 300, 180)),
    "Chinese": paper([("title", "手册"), ("text", "值班员每两小时记录一次进水温度。" * 9)]),
    "parted words": parted(),
}


@pytest.mark.parametrize("kind", PAGES)
def test_characters_and_boxes_are_those_that_pdfium_gives_one_by_one(kind: str) -> None:
    page = pdfium.PdfDocument(PAGES[kind])[0]
    frame, text = frame_of(page), page.get_textpage()
    expected = []
    for index in range(text.count_chars()):
        code = c.FPDFText_GetUnicode(text.raw, index)
        left, bottom, right, top = text.get_charbox(index, loose=True)
        if code > 32 or code == 2:
            expected.append(("-" if code == 2 else chr(code), sorted((right - left, top - bottom))))
    found = [(char.text, sorted((char.x1 - char.x0, char.y1 - char.y0))) for char in chars_of(page, frame).held]
    assert [text for text, _ in found] == [text for text, _ in expected]
    assert [sides for _, sides in found] == [pytest.approx(sides, abs=0.01) for _, sides in expected]


def test_a_word_that_a_line_parts_is_one() -> None:
    text = read_pdf(PAGES["parted words"], "a.pdf", Limits()).text
    assert "governs the manipulation of values" in text
