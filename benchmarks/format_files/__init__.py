"""Files of all formats with what they say known: what `python -m benchmarks.formats` reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.format_files.hostile import hostile_files
from benchmarks.format_files.office import office_files, web_files
from benchmarks.format_files.printed import browser_files, typeset_files
from benchmarks.format_files.words import Sample

__all__ = ["Sample", "hostile_files", "samples", "written"]


def samples() -> Iterator[Sample]:
    """Yield every file that can be read, the same ones at each call."""
    yield from browser_files()
    yield from typeset_files()
    yield from office_files()
    yield from web_files()


def written(folder: Path, made: Sequence[Sample]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for sample in made:
        (folder / sample.name).write_bytes(sample.raw)
