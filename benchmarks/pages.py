"""Pages a second of PDFs with text, beside the parser alone: `python -m benchmarks.pages [FILE…]`.

Seconds are of the processor, in this process and the one that parses: what else the machine does counts for neither.

The parser alone is pypdfium2 giving the text of each page, in this process, without a box; then with the box of each
character and the font of each text object, by its own helpers, and nothing made of it. pdfplumber gives characters with
their boxes, as a list. Ours is what a build does with a file: the process apart, boxes of characters, layout, tables,
Markdown, and the way back from each character to its place. Without files it reads what `benchmarks.formats` has
typeset, ten times as long. The last line is all of them as a build reads a folder, by the clock.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pdfplumber
import psutil
import pypdfium2
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

from benchmarks.format_files.printed import typeset
from benchmarks.format_files.words import Words
from ingest.read.content import read_content
from ingest.read.files import read
from ingest.read.reading import Limits
from ingest.read.sandbox import Sandbox

ROUNDS = 3
BOXED = 4  # pages that pdfplumber reads
LONG = 500  # sentences of a section of what is typeset here


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="PDFs to read instead")
    given = parser.parse_args().files
    files = {path.name: path.read_bytes() for path in given} or typeset_files()
    others = ("text alone", "boxes alone", "pdfplumber")
    print(f"| file | characters a page | ours, pages a second | {' | ratio | '.join(others)} | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    with Sandbox(Limits(seconds=600)) as sandbox:
        read_content(next(iter(files.values())), "first.pdf", sandbox)  # starts the process
        for name, raw in files.items():
            pages = len(pypdfium2.PdfDocument(raw))
            ours = _seconds(lambda raw=raw: read_content(raw, "a.pdf", sandbox))  # type: ignore[misc]
            alone = _seconds(lambda raw=raw: _text(raw))  # type: ignore[misc]
            placed = _seconds(lambda raw=raw: _placed(raw))  # type: ignore[misc]
            boxes = _seconds(lambda raw=raw: _boxes(raw)) / BOXED * pages  # type: ignore[misc]
            told = (f"{pages / each:.1f} | {ours / each:.2f}" for each in (alone, placed, boxes))
            print(f"| {name} | {_text(raw) / pages:,.0f} | {pages / ours:.1f} | {' | '.join(told)} |", flush=True)
    _together(files)


def typeset_files() -> dict[str, bytes]:
    """Chinese and English, in one column and in two."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return {
        f"{language}, {columns} column{'s' * (columns > 1)}": typeset(
            Words(language, 11, table=5, long=LONG), columns, A4
        )
        for language in ("zh", "en")
        for columns in (1, 2)
    }


def _together(files: Mapping[str, bytes]) -> None:
    """Read all as a build does, by the clock: on a machine that does nothing else."""
    with TemporaryDirectory() as folder:
        for name, raw in files.items():
            (Path(folder) / name).with_suffix(".pdf").write_bytes(raw)
        began = time.perf_counter()
        read([Path(folder)], limits=Limits(seconds=600))
        taken = time.perf_counter() - began
    pages = sum(len(pypdfium2.PdfDocument(raw)) for raw in files.values())
    cores = len(os.sched_getaffinity(0))
    print(f"{pages} pages of {len(files)} files at once on {cores} cores: {pages / taken:.1f} pages a second")


def _seconds(act: Callable[[], object]) -> float:
    """The median of the processor's seconds in some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = _spent()
        act()
        taken.append(_spent() - began)
    return statistics.median(taken)


def _spent() -> float:
    """Seconds that this process and those it started have had of the processor."""
    times = [process.cpu_times() for process in psutil.Process().children()]
    return time.process_time() + float(sum(each.user + each.system for each in times))


def _text(raw: bytes) -> int:
    document = pypdfium2.PdfDocument(raw)
    return sum(len(page.get_textpage().get_text_bounded()) for page in document)


def _placed(raw: bytes) -> int:
    """Ask its helpers for the text and the box of each character, and for the font of each text object."""
    return sum(_asked(page) for page in pypdfium2.PdfDocument(raw))


def _asked(page: pypdfium2.PdfPage) -> int:
    text = page.get_textpage()
    boxes = [text.get_charbox(index, loose=True) for index in range(text.count_chars())]
    objects = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT], textpage=text)
    fonts = [(each.get_font().get_base_name(), each.get_font_size()) for each in objects]
    return len(text.get_text_range()) + len(boxes) + len(fonts)


def _boxes(raw: bytes) -> int:
    with pdfplumber.open(io.BytesIO(raw)) as document:
        return sum(len(page.chars) for page in document.pages[:BOXED])


if __name__ == "__main__":
    main()
