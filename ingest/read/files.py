"""Files and folders -> sources: text with a name that is stable and safe in a URL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath

from ingest.memo import Memo
from ingest.read.content import Parser, read_content
from ingest.read.kinds import SUFFIXES
from ingest.read.origin import NOWHERE, Origin
from ingest.read.reading import Limits, Skipped, UnfitError
from ingest.read.readings import Readings
from ingest.read.sandboxes import Sandboxes
from ingest.read.walk import Item, items_of, safe

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
    raw: Callable[[], bytes] | None = field(default=None, repr=False, compare=False)  # reads it once more


def read(
    paths: Sequence[Path],
    max_bytes: int = 64 * MIB,
    progress: Progress | None = None,
    limits: Limits | None = None,
    memo: Memo | None = None,
) -> tuple[list[Source], list[Skipped]]:
    """Read the given files, whatever their suffix, and the files of known formats below the given folders.

    `progress` gets (files done, files in all); `memo` keeps what was parsed for the next time. Raises OSError when a
    path as given cannot be read.
    """
    limits = limits or Limits()
    skipped: list[Skipped] = []
    items = _items(paths, limits.unpacked_mb, skipped)
    sources: list[Source] = []
    names: set[str] = set()
    with Sandboxes(limits) as sandboxes:
        parser = Readings(sandboxes, memo or Memo())
        loaded = sandboxes.ahead(lambda item: load(item, max_bytes, parser), items)
        for done, (item, loading) in enumerate(loaded, 1):
            try:
                source = loading.result()
                sources.append(replace(source, name=_free(item, names)))
                names.add(sources[-1].name)
            except UnfitError as error:
                skipped.append(Skipped(safe(item.name), str(error)))
            except OSError as error:
                skipped.append(_unreadable(item, error))
            if progress:
                progress(done, len(items))
    return sources, skipped


def _items(paths: Sequence[Path], unpacked_mb: int, skipped: list[Skipped]) -> list[Item]:
    return list(_once([item for path in paths for item in items_of(path, skipped, unpacked_mb)], skipped))


def _once(items: Sequence[Item], skipped: list[Skipped]) -> Iterator[Item]:
    """Yield each file by the first path that leads to it."""
    seen: set[tuple[Path, str]] = set()
    for item in items:
        try:
            identity = item.identity
        except OSError as error:
            skipped.append(_unreadable(item, error))
            continue
        if identity in seen:
            skipped.append(Skipped(safe(item.name), "already read by another path"))
            continue
        seen.add(identity)
        yield item


def _unreadable(item: Item, error: OSError) -> Skipped:
    """Say why a file found below a folder is left out; raises the error for one that was given by its path."""
    if item.given:
        raise error
    return Skipped(safe(item.name), f"cannot be read: {error.strerror}")


def listed(paths: Sequence[Path], unpacked_mb: int) -> list[tuple[Item, str]]:
    """Return the files that `read` reads, with the names that they have there where all of them can be read."""
    names: dict[str, Item] = {}
    for item in _items(paths, unpacked_mb, []):
        names[_free(item, names)] = item
    return [(item, name) for name, item in names.items()]


def load(item: Item, max_bytes: int, parser: Parser) -> Source:
    """Read a file; its name is not yet unique. Raises UnfitError, OSError."""
    raw = item.raw(max_bytes)
    file = PurePosixPath(item.name)
    reading = read_content(raw, file.name, parser)
    warnings = tuple(filter(None, (*reading.warnings, _other_format(file.suffix, reading.text))))
    digest = hashlib.sha256(raw).hexdigest()
    told = (reading.encoding, warnings, reading.origin, reading.kind)
    return Source(item.name, reading.text, digest, item.path, *told, partial(item.raw, max_bytes))


def _other_format(suffix: str, text: str) -> str:
    """Say of a file that is no Markdown what it is read as, "" for Markdown and plain text."""
    known = OTHER.get(suffix.lower())
    if not known and suffix.lower() not in SUFFIXES.keys() - {".txt"}:
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


def _free(item: Item, names: Container[str]) -> str:
    name = safe(item.name)
    if name not in names:
        return name
    longer = PurePosixPath(safe(item.folder), name)
    numbered = (longer if n == 1 else longer.with_stem(f"{longer.stem}-{n}") for n in count(1))
    return next(str(candidate) for candidate in numbered if str(candidate) not in names)
