"""Which files a path stands for: itself, what is below a folder or in a ZIP archive, or what a pattern names."""

from __future__ import annotations

import glob
import os
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest import plugins
from ingest.read.kinds import PARTS, SUFFIXES
from ingest.read.office.archive import grown, opened
from ingest.read.reading import Skipped, UnfitError

ARCHIVE = ".zip"
PATTERN = re.compile(r"[*?\[]")
UTF8_NAME = 0x800  # of a ZIP member's flags
# Back-slashes, URL syntax, and characters that do not print, surrogates of undecodable names among them.
_UNSAFE = re.compile(r'[\\?#%:"<>|*\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]')


@dataclass(frozen=True, slots=True)
class Item:
    """One file: at `path`, or a `member` of the archive there; `folder` goes before its name when that is taken."""

    path: Path
    name: str
    folder: str
    given: bool
    archive: zipfile.ZipFile | None = None
    member: str = ""

    @property
    def identity(self) -> tuple[Path, str]:
        """What it is, whatever path leads there; raises OSError for one that leads nowhere."""
        return Path(os.path.realpath(self.path, strict=True)), self.member  # Path.resolve raises RuntimeError on a loop

    def raw(self, most: int) -> bytes:
        """Return its bytes; raises UnfitError for what is no file or longer than `most`, OSError."""
        if self.archive:
            raw = _member(self.archive, self.member, most)
        else:
            real = self.identity[0]
            if not real.is_file():  # a pipe would wait for ever
                raise UnfitError("not a regular file")
            with real.open("rb") as file:
                raw = file.read(most + 1)
        if len(raw) > most:
            raise UnfitError(f"larger than the limit of {most:,} bytes; split it or raise the limit")
        return raw


def items_of(path: Path, skipped: list[Skipped], unpacked_mb: int) -> Iterator[Item]:
    """Yield the files that a path stands for, in order of name, links last; what is not taken goes to `skipped`.

    Below a folder, hidden entries and symbolic links out of it are skipped: a checkout from elsewhere must not pull in
    other files. Raises FileNotFoundError for a pattern that names nothing.
    """
    if PATTERN.search(str(path)) and not path.exists():
        yield from _named(path, skipped, unpacked_mb)
        return
    real = Path(os.path.realpath(path))
    if not path.is_dir():
        item = Item(path, path.name, real.parent.name, given=True)
        yield from _members(item, skipped, unpacked_mb) if _is_archive(path) else [item]
        return
    below: list[Path] = []
    for entry in _walk(path, skipped):
        name = entry.relative_to(path).as_posix()
        if reason := _unwanted(entry, path):
            skipped.append(Skipped(safe(name), reason))
        else:
            below.append(entry)
    for entry in sorted(below, key=lambda entry: (entry.is_symlink(), entry.parts)):
        item = Item(entry, entry.relative_to(path).as_posix(), real.name, given=False)
        yield from _members(item, skipped, unpacked_mb) if _is_archive(entry) else [item]


def _named(pattern: Path, skipped: list[Skipped], unpacked_mb: int) -> Iterator[Item]:
    """Yield what a pattern names; names are relative to the folder that it begins with."""
    parts = pattern.parts
    fixed = next(i for i, part in enumerate(parts) if PATTERN.search(part))
    root = Path(*parts[:fixed])
    found = sorted(Path(each) for each in glob.glob(str(pattern), recursive=True))  # noqa: PTH207 (hidden ones stay out)
    if not found:
        raise FileNotFoundError(f"nothing is named like {str(pattern)!r}")
    for path in found:
        if path.is_dir():
            continue
        name = path.relative_to(root).as_posix()
        if reason := _unwanted(path, root):
            skipped.append(Skipped(safe(name), reason))
            continue
        item = Item(path, name, Path(os.path.realpath(root)).name, given=False)
        yield from _members(item, skipped, unpacked_mb) if _is_archive(path) else [item]


def _walk(folder: Path, skipped: list[Skipped]) -> Iterator[Path]:
    """Yield the files below `folder` and the sub-folders that are not entered."""

    def unreadable(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise error
        name = Path(error.filename).relative_to(folder).as_posix()
        skipped.append(Skipped(safe(name), f"cannot be read: {error.strerror}"))

    for parent, folders, files in os.walk(folder, onerror=unreadable):
        shut = {name for name in folders if name.startswith(".") or Path(parent, name).is_symlink()}
        folders[:] = sorted(set(folders) - shut)
        yield from (Path(parent, name) for name in sorted([*shut, *files]))


def _unwanted(entry: Path, folder: Path) -> str | None:
    if entry.name.startswith("."):
        return "hidden"
    if entry.is_dir():
        return "a link to a folder; give the folder itself"
    if reason := _unknown(entry.name, archives=True):
        return reason
    if entry.is_symlink() and not Path(os.path.realpath(entry)).is_relative_to(os.path.realpath(folder)):
        return "a link out of the folder; give the file itself"
    return None


def _unknown(name: str, archives: bool) -> str | None:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in SUFFIXES or (archives and suffix == ARCHIVE) or suffix[1:] in plugins.offered("readers"):
        return None
    return f"of no format that is read ({' '.join(SUFFIXES)})"


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() == ARCHIVE and path.is_file()


def _members(item: Item, skipped: list[Skipped], unpacked_mb: int) -> Iterator[Item]:
    """Yield the files in an archive, under its name; one that is none, or an office document, stays one file."""
    try:
        if item.path.stat().st_size > unpacked_mb << 20:
            raise UnfitError(f"larger than {unpacked_mb:,} MB; raise reading.unpacked_mb if it is to be trusted")
        archive = opened(item.path.read_bytes(), unpacked_mb)
    except UnfitError as error:
        skipped.append(Skipped(safe(item.name), str(error)))
        return
    if any(part in archive.namelist() for part in PARTS):
        yield item
        return
    folder = PurePosixPath(item.name).with_suffix("")
    for part in sorted(archive.infolist(), key=lambda each: each.filename):
        path = PurePosixPath(_decoded(part))
        if part.is_dir() or "__MACOSX" in path.parts:
            continue
        name = str(folder / path)
        if path.is_absolute() or ".." in path.parts or any(each.startswith(".") for each in path.parts):
            reason: str | None = "hidden" if ".." not in path.parts else "a name that leads out of the archive"
        else:
            reason = _unknown(path.name, archives=False) or grown(part)
        if reason:
            skipped.append(Skipped(safe(name), reason))
        else:
            yield Item(item.path, name, item.folder, False, archive, part.filename)


def _decoded(part: zipfile.ZipInfo) -> str:
    """Return the name of a member: what says no encoding was written by Windows in its own language."""
    if part.flag_bits & UTF8_NAME:
        return part.filename
    raw = part.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return part.filename


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        with archive.open(name) as file:
            return file.read(most + 1)
    except (RuntimeError, zipfile.BadZipFile, NotImplementedError, EOFError, ValueError) as error:
        locked = "password" in str(error)
        raise UnfitError(
            "locked with a password; save it without one" if locked else "damaged in its archive"
        ) from error


def safe(name: str) -> str:
    """Return a name without what would mean something in an address or be invisible."""
    return _UNSAFE.sub("_", unicodedata.normalize("NFC", name))
