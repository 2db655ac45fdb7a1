"""220 files that mean harm or came to it: small real ones damaged by a seed, and others made by hand.

What refers to elsewhere leads to a file and an address that a test watches.
"""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping

import docx
import openpyxl
import pptx

from tests.support.papers import paper

COUNT = 220
FUZZED = 17  # of each kind
LAUGHS = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
OFFICE = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}


def hostile_files(canary: str, address: str) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes; `canary` is a path and `address` one of HTTP, neither of which any of them may reach."""
    dice = random.Random(21)
    good = good_files()
    for suffix, raw in good.items():
        for number in range(FUZZED):
            harm = HARMS[number % len(HARMS)]
            yield f"fuzzed-{number}.{suffix}", harm(bytearray(raw), dice)
    made = dict(_made(good, canary, address))
    yield from made.items()
    for number in range(COUNT - FUZZED * len(good) - len(made)):  # of one format, and named like another
        (_, raw), (other, _) = dice.sample(sorted(good.items()), 2)
        yield f"renamed-{number}.{other}", raw if number % 2 else raw[: dice.randrange(1, len(raw))]


def good_files() -> dict[str, bytes]:
    """Return small files of every kind, by suffix, that are read without a word of complaint."""
    word, show, book = docx.Document(), pptx.Presentation(), openpyxl.Workbook()
    word.add_heading("Pump", 0)
    word.add_paragraph("Close the valve before the lid is opened.")
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Pump", "Close the valve first."
    assert book.active is not None
    for row in (["part", "price"], ["valve", 12], ["lid", 7]):
        book.active.append(row)
    page = "<html><head><title>Pump</title></head><body><h1>Pump</h1><p>Close the valve first.</p></body></html>"
    chapter = f'<?xml version="1.0"?>{page}'
    return {
        "pdf": paper([("title", "水泵"), ("text", "先关阀门，再开盖。" * 9), [["部件", "价格"], ["阀门", "12"]]]),
        "docx": _saved(word.save),
        "pptx": _saved(show.save),
        "xlsx": _saved(book.save),
        "epub": _book(chapter),
        "html": page.encode(),
        "ipynb": b'{"cells":[{"cell_type":"markdown","source":["# Pump\\n","Close the valve."]}],"nbformat":4}',
        "rst": "水泵\n====\n\n先关阀门 [1]_。\n\n.. note:: 再开盖。\n\n.. [1] 两人。\n".encode(),
        "csv": "部件,价格\n阀门,12\n泵盖,7\n".encode(),
        "md": "# 水泵\n\n先关阀门[^1]。\n\n| 部件 | 价格 |\n|---|---|\n| 阀门 | 12 |\n\n[^1]: 再开盖。\n".encode(),
    }


def _flip(raw: bytearray, dice: random.Random) -> bytes:
    for _ in range(dice.choice((1, 8, 64))):
        raw[dice.randrange(len(raw))] = dice.randrange(256)
    return bytes(raw)


def _cut(raw: bytearray, dice: random.Random) -> bytes:
    return bytes(raw[: dice.randrange(1, len(raw))])


def _repeat(raw: bytearray, dice: random.Random) -> bytes:
    start = dice.randrange(len(raw))
    piece = raw[start : start + dice.randrange(1, 400)]
    return bytes(raw[:start] + piece * dice.randrange(2, 60) + raw[start:])


def _blank(raw: bytearray, dice: random.Random) -> bytes:
    start, length = dice.randrange(len(raw)), dice.randrange(1, max(2, len(raw) // 4))
    return bytes(raw[:start] + bytes(length) + raw[start + length :])


def _lead(raw: bytearray, dice: random.Random) -> bytes:
    return dice.randbytes(dice.randrange(1, 900)) + bytes(raw)


HARMS: tuple[Callable[[bytearray, random.Random], bytes], ...] = (_flip, _cut, _repeat, _blank, _lead)


def _made(good: Mapping[str, bytes], canary: str, address: str) -> Iterator[tuple[str, bytes]]:
    outside = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file://{canary}">]><d>&x;</d>'
    fetched = f'<?xml version="1.0"?><!DOCTYPE d SYSTEM "{address}/d.dtd"><d>a</d>'
    laughs = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a0 "ha">{LAUGHS}]><d>&a11;</d>'
    for suffix, part in OFFICE.items():
        for name, xml in (("outside", outside), ("fetched", fetched), ("laughs", laughs)):
            yield f"{name}.{suffix}", _archive({part: xml})
        yield f"bomb.{suffix}", _archive({part: b"<a>" + b" " * (100 << 20) + b"</a>"})
        yield f"deep.{suffix}", _archive({part: "<a>" * 200_000})
    for name, xml in (("outside", outside), ("laughs", laughs)):
        yield f"{name}.epub", _book(xml)
        yield f"{name}.xhtml", xml.encode()
    yield "climbs.epub", _book("<html/>", "../../../../" + canary)
    yield "parts.docx", _archive({OFFICE["docx"]: "<a/>", **{f"p{n}": b"" for n in range(21_000)}})
    yield "nested.zip", _archive({f"{n}.zip": _archive({"a": b"\0" * (20 << 20)}) for n in range(9)})
    refers = f"<img src='{address}/a.png'><iframe src='file://{canary}'></iframe><script src='{address}/a.js'></script>"
    yield "refers.html", f"<html><body>{refers}<link rel=stylesheet href={address}/a.css><p>Text.</p></body>".encode()
    yield "deep.html", b"<div>" * 100_000 + b"deep"
    yield "spans.html", b"<table>" + b"<tr><td colspan=9999 rowspan=9999>a</td><td>b</td></tr>" * 400 + b"</table>"
    yield "notes.html", b"<a href=#n>1</a>" * 20_000 + b"<li id=n>a</li>"
    yield "deep.ipynb", b'{"cells":' + b"[" * 200_000
    yield "includes.rst", f"Text.\n\n.. include:: {canary}\n.. raw:: html\n   :url: {address}/a.html\n".encode()
    tables = f".. csv-table:: a\n   :file: {canary}\n\n.. image:: {address}/a.png\n\n.. figure:: {canary}\n"
    yield "refers.rst", tables.encode()
    laughs_rst = "".join(f".. |a{i}| replace:: {f'|a{i - 1}| ' * 10}\n" for i in range(1, 12))
    yield "laughs.rst", f"|a11|\n\n.. |a0| replace:: ha\n{laughs_rst}".encode()
    yield "deep.rst", "".join(f"{'  ' * n}- a\n\n" for n in range(1_000)).encode()
    yield "wide.csv", b",".join([b"x"] * 600_000)
    yield "quoted.csv", b'a,"' + b"x,\n" * 100_000
    yield "loop.pdf", _pdf("<</Type/Pages/Kids[2 0 R]/Count 1>>")
    yield "counted.pdf", _pdf("<</Type/Pages/Kids[]/Count 2147483647>>")
    flood = zlib.compress(b"BT /F1 1 Tf (a) Tj ET " * 2_000_000)
    stream = f"4 0 obj<</Length {len(flood)}/Filter/FlateDecode>>stream\n".encode() + flood + b"\nendstream endobj\n"
    yield "flood.pdf", _pdf("<</Type/Pages/Kids[3 0 R]/Count 1>>", stream)
    yield "quotes.md", b">" * 60_000 + b" deep\n" + b"> " * 60_000
    yield "lists.md", "".join(f"{' ' * n}- a\n" for n in range(1500)).encode()
    yield "brackets.md", b"[" * 50_000 + b"](" * 50_000 + b"[[" * 50_000
    yield "fences.md", b"".join(b"`" * n + b"\n" for n in range(3, 900))
    yield "notes.md", b"".join(f"a[^{n}]\n\n[^{n}]: b[^{n + 1}]\n\n".encode() for n in range(8_000))
    yield (
        "front.md",
        b"---\na: &a [x]\n" + b"".join(f"t{n}: [{'*a,' * 90}*a]\n".encode() for n in range(150)) + b"---\nb\n",
    )
    yield "empty.pdf", b"%PDF-1.7\n%%EOF"
    yield "old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    yield "two.pdf", good["pdf"] + good["docx"]


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    held = io.BytesIO()
    save(held)
    return held.getvalue()


def _archive(parts: Mapping[str, str | bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return held.getvalue()


def _book(chapter: str, path: str = "a.xhtml") -> bytes:
    container = "<container><rootfiles><rootfile full-path='b.opf'/></rootfiles></container>"
    item = f"<item id='a' href='{path}' media-type='application/xhtml+xml'/>"
    package = f"<package><manifest>{item}</manifest><spine><itemref idref='a'/></spine></package>"
    return _archive({"META-INF/container.xml": container, "b.opf": package, "a.xhtml": chapter})


def _pdf(pages: str, more: bytes = b"") -> bytes:
    leaf = b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
    head = f"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj{pages}endobj\n".encode()
    return head + leaf + more + b"trailer<</Root 1 0 R>>\n%%EOF"
