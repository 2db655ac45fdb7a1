"""What kind of file bytes are: by what they hold first, by the name only where that does not tell."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import PurePosixPath

from ingest.read.office.archive import opened
from ingest.read.reading import UnfitError

# Suffixes of what is taken from a folder, and the kind that each stands for.
SUFFIXES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".txt": "markdown",
    ".pdf": "pdf",
    ".docx": "docx",
    ".pptx": "pptx",
    ".xlsx": "xlsx",
    ".epub": "epub",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".ipynb": "notebook",
    ".rst": "restructured",
    ".rest": "restructured",
    ".csv": "csv",
    ".tsv": "csv",
}
IMAGES = {b"\x89PNG\r\n\x1a\n": "a PNG image", b"\xff\xd8\xff": "a JPEG image"}
# What an office document holds, and the kind that it makes it.
PARTS = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED = "EncryptedPackage".encode("utf-16-le")
HTML = ("<!doctype html", "<html", "<head", "<body")
SAMPLE = 2048  # bytes in which a file says what it is


def kind_of(raw: bytes, name: str, unpacked_mb: int, others: Collection[str] = ()) -> str:
    """Return the kind whose reader reads it; text of any other kind is "markdown".

    `others` are readers of other packages, named after suffixes, for what is of no kind of ours.

    Raises UnfitError for what no reader reads, and for archives that would unpack to more than `unpacked_mb`.
    """
    suffix = PurePosixPath(name).suffix.lower()
    named = SUFFIXES.get(suffix, "")
    if not named and suffix[1:] in others:
        return suffix[1:]
    if raw[:SAMPLE].find(b"%PDF-") >= 0:
        return "pdf"
    if raw.startswith(b"PK\x03\x04"):
        return _archive(raw, unpacked_mb)
    if raw.startswith(OLD):
        if LOCKED in raw[: 1 << 20]:
            raise UnfitError("locked with a password; save it without one")
        raise UnfitError("an old office document (.doc, .xls, .ppt); save it as .docx, .xlsx or .pptx")
    begins = raw[:SAMPLE].decode("utf-8", "ignore").lstrip("\ufeff \t\r\n").lower()
    if begins.startswith("<?xml"):
        begins = begins.partition("?>")[2].lstrip()
    if begins.startswith(HTML):
        return "html"
    if named == "html" or (named in ("notebook", "") and _is_notebook(raw)):
        return named or "notebook"
    if named in ("markdown", "csv", "notebook", "restructured", ""):
        return named or "markdown"
    raise UnfitError(f"is named like {named.upper()} and is none: damaged, or of another format")


def _archive(raw: bytes, unpacked_mb: int) -> str:
    with opened(raw, unpacked_mb) as archive:
        names = set(archive.namelist())
    if kind := next((kind for part, kind in PARTS.items() if part in names), ""):
        return kind
    if "META-INF/container.xml" in names:
        return "epub"
    raise UnfitError("a ZIP archive; unpack it and give the files" if names else "an empty ZIP archive")


def _is_notebook(raw: bytes) -> bool:
    if not raw.lstrip().startswith(b"{") or b'"cells"' not in raw:
        return False
    try:
        return isinstance(json.loads(raw).get("cells"), list)
    except (ValueError, RecursionError):
        return False
