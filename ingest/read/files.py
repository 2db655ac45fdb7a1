"""Files and folders -> sources: text with a name that is stable and safe in a URL."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ingest.read.encoding import UnfitError, decode

MIB = 1024 * 1024
SUFFIXES = (".md", ".markdown")
# Files that can be given by name, and are read as if they were Markdown.
OTHER = {
    ".ipynb": "a notebook (JSON)",
    ".json": "JSON",
    ".jsonl": "JSON",
    ".html": "HTML",
    ".htm": "HTML",
    ".xhtml": "HTML",
    ".xml": "XML",
    ".csv": "a table (CSV)",
    ".tsv": "a table (TSV)",
    ".rst": "reStructuredText",
    ".tex": "LaTeX",
    ".adoc": "AsciiDoc",
    ".org": "Org",
    ".yaml": "YAML",
    ".yml": "YAML",
}
# Back-slashes, URL syntax, and characters that do not print, surrogates of undecodable names among them.
_UNSAFE = re.compile(r'[\\?#%:"<>|*\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]')

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """`sha256` is of the file's bytes; `name` is a relative POSIX path, unique among those read together.

    `warnings` say what of the file was not as it should be.
    """

    name: str
    text: str
    sha256: str
    path: Path
    encoding: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """A file that was not read, and why."""

    name: str
    reason: str


class _File(NamedTuple):
    path: Path
    name: str
    folder: str  # goes before the name when the name is taken
    given: bool


def read(
    paths: Sequence[Path], max_bytes: int = 64 * MIB, progress: Progress | None = None
) -> tuple[list[Source], list[Skipped]]:
    """Read the given files, whatever their suffix, and the Markdown files below the given folders.

    Below a folder, hidden entries and symbolic links out of it are skipped: a checkout from elsewhere must
    not pull in other files. `progress` gets (files done, files in all). Raises OSError when a path as given
    cannot be read.
    """
    skipped: list[Skipped] = []
    files = [file for path in paths for file in _files(path, skipped)]
    sources: list[Source] = []
    names: set[str] = set()
    seen: set[Path] = set()
    for done, file in enumerate(files, 1):
        try:
            name = _free(file, names)
            sources.append(_load(file.path, name, max_bytes, seen))
            names.add(name)
        except UnfitError as error:
            skipped.append(Skipped(_safe(file.name), str(error)))
        except OSError as error:
            if file.given:
                raise
            skipped.append(Skipped(_safe(file.name), f"cannot be read: {error.strerror}"))
        if progress:
            progress(done, len(files))
    return sources, skipped


def _load(path: Path, name: str, max_bytes: int, seen: set[Path]) -> Source:
    real = Path(os.path.realpath(path, strict=True))  # Path.resolve raises RuntimeError on a loop
    if real in seen:
        raise UnfitError("already read by another path")
    seen.add(real)
    if not real.is_file():  # a pipe would wait for ever
        raise UnfitError("not a regular file")
    with real.open("rb") as file:
        raw = file.read(max_bytes + 1)
    if len(raw) > max_bytes:
        raise UnfitError(f"larger than the limit of {max_bytes:,} bytes; split it or raise the limit")
    decoded = decode(raw)
    if not decoded.text or decoded.text.isspace():
        raise UnfitError("empty")
    warnings = tuple(filter(None, (decoded.warning, _other_format(path, decoded.text))))
    return Source(name, decoded.text, hashlib.sha256(raw).hexdigest(), path, decoded.encoding, warnings)


def _other_format(path: Path, text: str) -> str:
    """Say of a file that is no Markdown what it is read as, "" for Markdown and plain text."""
    known = OTHER.get(path.suffix.lower())
    begins = text.lstrip()[:100].lower()
    if not known and path.suffix.lower() not in SUFFIXES:
        known = (
            "HTML" if begins.startswith(("<!doctype html", "<html")) else "XML" if begins.startswith("<?xml") else None
        )
        known = "JSON" if _is_json(text) else known
    return f"{known} is read as plain text, markup and all; convert it to Markdown" if known else ""


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _files(path: Path, skipped: list[Skipped]) -> Iterator[_File]:
    """List the files that `path` stands for: itself, or what is below it in order of name, links last."""
    real = Path(os.path.realpath(path))
    if not path.is_dir():
        yield _File(path, path.name, real.parent.name, given=True)
        return
    below: list[Path] = []
    for entry in _walk(path, skipped):
        name = entry.relative_to(path).as_posix()
        if reason := _unwanted(entry, path):
            skipped.append(Skipped(_safe(name), reason))
        else:
            below.append(entry)
    for entry in sorted(below, key=lambda entry: (entry.is_symlink(), entry.parts)):
        yield _File(entry, entry.relative_to(path).as_posix(), real.name, given=False)


def _walk(folder: Path, skipped: list[Skipped]) -> Iterator[Path]:
    """Yield the files below `folder` and the sub-folders that are not entered."""

    def unreadable(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise error
        name = Path(error.filename).relative_to(folder).as_posix()
        skipped.append(Skipped(_safe(name), f"cannot be read: {error.strerror}"))

    for parent, folders, files in os.walk(folder, onerror=unreadable):
        shut = {name for name in folders if name.startswith(".") or Path(parent, name).is_symlink()}
        folders[:] = sorted(set(folders) - shut)
        yield from (Path(parent, name) for name in sorted([*shut, *files]))


def _unwanted(entry: Path, folder: Path) -> str | None:
    if entry.name.startswith("."):
        return "hidden"
    if entry.is_dir():
        return "a link to a folder; give the folder itself"
    if entry.suffix.lower() not in SUFFIXES:
        return f"not Markdown ({', '.join(SUFFIXES)})"
    if entry.is_symlink() and not Path(os.path.realpath(entry)).is_relative_to(os.path.realpath(folder)):
        return "a link out of the folder; give the file itself"
    return None


def _free(file: _File, names: set[str]) -> str:
    name = _safe(file.name)
    if name not in names:
        return name
    longer = PurePosixPath(_safe(file.folder), name)
    numbered = (longer if n == 1 else longer.with_stem(f"{longer.stem}-{n}") for n in count(1))
    return next(str(candidate) for candidate in numbered if str(candidate) not in names)


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", unicodedata.normalize("NFC", name))
