"""Our readers beside other libraries on the same files: `python -m benchmarks.readers`.

The files are those of `benchmarks.formats`, without scans; so are the measures. The others are not among what the
project installs: `pip install pdf-inspector 'markitdown[all]' trafilatura lxml-html-clean` in an environment of your
own; those that are missing are left out. Like `benchmarks.formats` it needs Chromium and a Chinese font.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import PurePath
from typing import Any

from benchmarks.format_files import Sample, samples
from benchmarks.formats import mean_of, shares
from ingest.read.content import read_content
from ingest.read.reading import Limits
from ingest.read.sandbox import Sandbox

Read = Callable[[Sample], str]
OFFICE = ("docx", "pptx", "xlsx", "epub", "html", "ipynb", "csv")


def main() -> None:
    held = [sample for sample in samples() if not sample.scanned]
    kinds = sorted({PurePath(sample.name).suffix[1:] for sample in held})
    print("| format | files | library | sentences whole, in order | headings | table rows | seconds a file |")
    print("|---|---|---|---|---|---|---|")
    with Sandbox(Limits(seconds=120)) as sandbox:
        for kind in kinds:
            own = [sample for sample in held if sample.name.endswith(f".{kind}")]
            for name, read in {"ours": lambda s: read_content(s.raw, s.name, sandbox).text, **_others(kind)}.items():
                print(f"| {kind} | {len(own)} | {name} | {_told(own, read)} |", flush=True)


def _told(own: list[Sample], read: Read) -> str:
    """What a library makes of files; one that it fails at counts as nothing read."""
    rows: list[tuple[float | None, float | None, float | None]] = []
    began = time.perf_counter()
    for sample in own:
        try:
            text = read(sample)
        except Exception:  # whatever it raises, it did not read the file
            text = ""
        rows.append(shares(sample, text))
    seconds = (time.perf_counter() - began) / len(own)
    return " | ".join([*(mean_of(column) for column in zip(*rows, strict=True)), f"{seconds:.2f}"])


def _others(kind: str) -> dict[str, Read]:
    return {name: read for name, of, read in _known() if kind in of}


def _known() -> Iterator[tuple[str, tuple[str, ...], Read]]:
    for name, module, of, read in (
        ("pypdfium2, text alone", "pypdfium2", ("pdf",), _pages),
        ("pdf-inspector", "pdf_inspector", ("pdf",), _inspected),
        ("markitdown", "markitdown", ("pdf", *OFFICE), _converted),
        ("trafilatura", "trafilatura", ("html",), _extracted),
    ):
        if library := _installed(module):
            yield name, of, partial(read, library)


def _installed(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


def _pages(library: Any, sample: Sample) -> str:
    return "\n\n".join(page.get_textpage().get_text_bounded() for page in library.PdfDocument(sample.raw))


def _inspected(library: Any, sample: Sample) -> str:
    return library.process_pdf_bytes(sample.raw).markdown or ""


def _converted(library: Any, sample: Sample) -> str:
    converted = library.MarkItDown().convert_stream(io.BytesIO(sample.raw), file_extension=PurePath(sample.name).suffix)
    return str(converted.markdown)


def _extracted(library: Any, sample: Sample) -> str:
    return library.extract(sample.raw, output_format="markdown", include_tables=True, include_formatting=True) or ""


if __name__ == "__main__":
    main()
