"""Files that no reader may take, and damaged ones."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator

from reportlab.lib.pagesizes import A4

from benchmarks.format_files.office import slides, word
from benchmarks.format_files.printed import typeset
from benchmarks.format_files.words import Sample, Words


def hostile_files() -> Iterator[Sample]:
    """Yield files that no reader may take, and damaged ones: each is refused with a reason, or read in part."""
    words = Words("en", 7, table=5)
    good = {"pdf": typeset(words, 1, A4), "docx": word(words), "pptx": slides(words)}
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
