"""What readers make of files of all formats: `python -m benchmarks.formats [FOLDER]`.

The files are made anew from what they say, so every measure has its truth: sentences that stand whole and in order,
headings, rows of tables; for PDFs the text that another library (pdfplumber) finds in the boxes of quotes; for scans
the share of wrong characters. FOLDER keeps the files. It needs Chromium and a Chinese font, as the browser's tests do.
"""

from __future__ import annotations

import argparse
import io
import logging
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pdfplumber

from benchmarks.format_files import Sample, hostile_files, samples, written
from ingest.chunk.units import units_of
from ingest.parse import markdown
from ingest.read.content import read_content
from ingest.read.origin import Page
from ingest.read.reading import Limits, Reading, UnfitError
from ingest.read.sandbox import Sandbox

logging.getLogger("pdfminer").setLevel(logging.ERROR)

QUOTES = 12  # of a PDF
RADICALS = str.maketrans("⻔⻚⻋⻅⻓⻛⻢⻩", "门页车见长风马黄")  # what a font may call these
MARKS = re.compile(r"[\s|\\#*`\-\u2010]+|^\d+\.\s")


@dataclass(frozen=True)
class Row:
    """What reading a file gave; shares of what it says that were found, None where it has none of the kind."""

    name: str
    seconds: float
    sentences: float | None
    headings: float | None
    rows: float | None
    quotes: tuple[int, int]  # equal, of


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="where to keep the files")
    folder = parser.parse_args().folder
    good, bad = list(samples()), list(hostile_files())
    if folder:
        written(folder, [*good, *bad])
    with Sandbox(Limits(seconds=120)) as sandbox:
        rows = [_row(sample, sandbox) for sample in good]
        _show(rows)
        refused = [_refusal(sample, sandbox) for sample in bad]
    print(f"\n{len(bad)} hostile and damaged files, the longest {max(seconds for _, _, seconds in refused):.1f} s:")
    for name, reason, _ in refused:
        print(f"  {name}: {reason}")


def _row(sample: Sample, sandbox: Sandbox) -> Row:
    began = time.perf_counter()
    try:
        reading = read_content(sample.raw, sample.name, sandbox)
    except UnfitError as error:
        print(f"{sample.name}: {error}")
        return Row(sample.name, time.perf_counter() - began, 0.0, 0.0, 0.0, (0, 0))
    seconds = time.perf_counter() - began
    quotes = list(_quotes(sample, reading)) if sample.name.endswith(".pdf") and not sample.scanned else []
    for quote, found in quotes:
        if quote != found:
            print(f"{sample.name}: {quote!r} is {found!r} in its boxes")
    equal = (sum(quote == found for quote, found in quotes), len(quotes))
    return Row(sample.name, seconds, *shares(sample, reading.text), equal)


def shares(sample: Sample, text: str) -> tuple[float | None, float | None, float | None]:
    """Return the shares of a file's sentences, headings and table rows that Markdown has, None where it has none."""
    parsed = markdown.parse(sample.name, text)
    titles = {_bare(each) for section in parsed.sections for each in section.heading_path} | {_bare(parsed.title)}
    tables = {_bare(line) for line in text.split("\n") if line.lstrip().startswith("|")}
    told = _alike(sample, text) if sample.scanned else _in_order(sample.sentences, text)
    return (
        told if sample.sentences else None,
        _share([_bare(each) in titles for each in sample.headings]) if not sample.scanned else None,
        _share([_bare("".join(row)) in tables for row in sample.rows]),
    )


def _share(found: Sequence[bool]) -> float | None:
    return sum(found) / len(found) if found else None


def _in_order(sentences: Sequence[str], text: str) -> float:
    """The share of sentences that stand whole behind the one before."""
    bare, at, found = _bare(text), 0, 0
    for sentence in map(_bare, sentences):
        place = bare.find(sentence, at)
        if place >= 0:
            at, found = place + len(sentence), found + 1
    return found / max(1, len(sentences))


def _alike(sample: Sample, text: str) -> float:
    """The share of characters that are right."""
    said, bare = _bare("".join([sample.headings[0], *_mixed(sample)])), _bare(text)
    same = sum(block.size for block in SequenceMatcher(None, said, bare, autojunk=False).get_matching_blocks())
    return same / max(len(said), len(bare))


def _mixed(sample: Sample) -> Iterator[str]:
    each = len(sample.sentences) // (len(sample.headings) - 1)
    for number, heading in enumerate(sample.headings[1:]):
        yield heading
        yield from sample.sentences[number * each : (number + 1) * each]


def _quotes(sample: Sample, reading: Reading) -> Iterator[tuple[str, str]]:
    """Quotes as the service gives them, each with what stands in its boxes."""
    parsed = markdown.parse(sample.name, reading.text)
    units = [unit for section in parsed.sections for unit in units_of(parsed, section, long_table=100)]
    step = max(1, len(units) // QUOTES)
    with pdfplumber.open(io.BytesIO(sample.raw)) as pdf:
        for unit in units[::step][:QUOTES]:
            pages = reading.origin.pages(unit.start, unit.end)
            yield _bare(reading.text[unit.start : unit.end]), _bare("".join(_boxed(pdf, page) for page in pages))


def _boxed(pdf: pdfplumber.pdf.PDF, page: Page) -> str:
    """The characters whose middle stands in a box, by another library than the one that gave the boxes."""
    chars = pdf.pages[page.page - 1].chars
    pieces: list[str] = []
    for x0, y0, x1, y1 in page.boxes:
        inside = [
            char
            for char in chars
            if x0 <= (char["x0"] + char["x1"]) / 2 <= x1 and y0 <= (char["top"] + char["bottom"]) / 2 <= y1
        ]
        pieces += [char["text"] for char in inside]
    return "".join(pieces)


def _bare(text: str) -> str:
    """Text without white space, hyphens and the marks of Markdown, in compatibility form."""
    return MARKS.sub("", unicodedata.normalize("NFKC", text.translate(RADICALS)))


def _refusal(sample: Sample, sandbox: Sandbox) -> tuple[str, str, float]:
    began = time.perf_counter()
    try:
        reading = read_content(sample.raw, sample.name, sandbox)
        reason = f"read, {len(reading.text)} characters" + "".join(f"; {warning}" for warning in reading.warnings)
    except UnfitError as error:
        reason = str(error)
    return sample.name, reason, time.perf_counter() - began


def _show(rows: Sequence[Row]) -> None:
    print("| format | files | sentences whole, in order | headings | table rows | quotes equal | seconds a file |")
    print("|---|---|---|---|---|---|---|")
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        stem, _, suffix = row.name.rpartition(".")
        kinds.setdefault(f"{suffix} ({stem.split('-')[0]})" if suffix == "pdf" else suffix, []).append(row)
        if any(share is not None and share < 1 for share in (row.sentences, row.headings, row.rows)):
            print(f"<!-- {row} -->")
    for kind, held in kinds.items():
        told = [mean_of([getattr(row, name) for row in held]) for name in ("sentences", "headings", "rows")]
        equal, of = (sum(row.quotes[i] for row in held) for i in (0, 1))
        seconds = sum(row.seconds for row in held) / len(held)
        print(f"| {kind} | {len(held)} | {' | '.join(told)} | {f'{equal} of {of}' if of else '-'} | {seconds:.2f} |")


def mean_of(shares: Sequence[float | None]) -> str:
    held = [share for share in shares if share is not None]
    return f"{sum(held) / len(held):.3f}" if held else "-"


if __name__ == "__main__":
    main()
