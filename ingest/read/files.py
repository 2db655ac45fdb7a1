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

from ingest import plugins
from ingest.read.content import read_content
from ingest.read.kinds import SUFFIXES
from ingest.read.origin import NOWHERE, Origin
from ingest.read.reading import Limits, UnfitError
from ingest.read.sandbox import Sandbox

MIB = 1024 * 1024
# Files that can be given by name, and are read as if they were Markdown.
OTHER = {
    ".json": "JSON",
    ".jsonl": "JSON",
    ".xml": "XML",
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

    `origin` leads from the text back to pages, slides and cells; `warnings` say what of the file was not as it should
    be.
    """

    name: str
    text: str
    sha256: str
    path: Path
    encoding: str
    warnings: tuple[str, ...] = ()
    origin: Origin = NOWHERE
    kind: str = "markdown"


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
    paths: Sequence[Path], max_bytes: int = 64 * MIB, progress: Progress | None = None, limits: Limits | None = None
) -> tuple[list[Source], list[Skipped]]:
    """Read the given files, whatever their suffix, and the files of known formats below the given folders.

    Below a folder, hidden entries and symbolic links out of it are skipped: a checkout from elsewhere must
    not pull in other files. `progress` gets (files done, files in all). Raises OSError when a path as given
    cannot be read.
    """
    skipped: list[Skipped] = []
    files = [file for path in paths for file in _files(path, skipped)]
    sources: list[Source] = []
    names: set[str] = set()
    seen: set[Path] = set()
    with Sandbox(limits or Limits()) as sandbox:
        for done, file in enumerate(files, 1):
            try:
                name = _free(file, names)
                sources.append(_load(file.path, name, max_bytes, seen, sandbox))
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


def _load(path: Path, name: str, max_bytes: int, seen: set[Path], sandbox: Sandbox) -> Source:
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
    reading = read_content(raw, path.name, sandbox)
    warnings = tuple(filter(None, (*reading.warnings, _other_format(path, reading.text))))
    digest = hashlib.sha256(raw).hexdigest()
    return Source(name, reading.text, digest, path, reading.encoding, warnings, reading.origin, reading.kind)


def _other_format(path: Path, text: str) -> str:
    """Say of a file that is no Markdown what it is read as, "" for Markdown and plain text."""
    known = OTHER.get(path.suffix.lower())
    if not known and path.suffix.lower() not in SUFFIXES.keys() - {".txt"}:
        known = "XML" if text.lstrip().startswith("<?xml") else "JSON" if _is_json(text) else None
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
    suffix = entry.suffix.lower()
    if suffix not in SUFFIXES and suffix[1:] not in plugins.offered("readers"):
        return f"of no format that is read ({' '.join(SUFFIXES)})"
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
