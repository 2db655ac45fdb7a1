"""Books (EPUB) -> Markdown: their chapters in reading order."""

from __future__ import annotations

import posixpath
import zipfile
from urllib.parse import unquote

from lxml import etree

from ingest.read.office.archive import CHUNK, opened
from ingest.read.origin import Container, Origin
from ingest.read.reading import Limits, Reading, UnfitError
from ingest.read.web.markdown import markdown_of, parsed

LOCKS = "META-INF/encryption.xml"
FONTS = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")  # obfuscated fonts are no lock


def read_epub(raw: bytes, name: str, limits: Limits) -> Reading:
    """Read a book; raises UnfitError for one that is damaged or has a lock on its text."""
    try:
        with opened(raw, limits.unpacked_mb) as archive:
            return _book(archive)
    # A part that is packed in a way that zipfile does not know is a NotImplementedError.
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, IndexError, NotImplementedError) as error:
        raise UnfitError(f"a damaged EPUB ({type(error).__name__}: {error})"[:160]) from error


def _book(archive: zipfile.ZipFile) -> Reading:
    if LOCKS in archive.namelist():
        locks = archive.read(LOCKS)[:CHUNK]
        if locks.count(b"EncryptedData>") > 2 * sum(locks.count(font) for font in FONTS):
            raise UnfitError("locked by its publisher (DRM)")
    container = _xml(archive.read("META-INF/container.xml"))
    package = str(container.xpath("string(//*[local-name()='rootfile']/@full-path)"))
    book = _xml(archive.read(package))
    items = {item.get("id"): item.get("href", "") for item in book.iter("{*}item")}
    title = str(book.xpath("string(//*[local-name()='title'])")).strip()
    pieces: list[str] = [f"# {title}\n\n"] if title else []
    parts: list[Container] = []
    warnings: list[str] = []
    length = sum(map(len, pieces))
    for reference in book.iter("{*}itemref"):
        path = posixpath.normpath(
            posixpath.join(posixpath.dirname(package), unquote(items.get(reference.get("idref"), "")))
        )
        try:
            root = parsed(archive.read(path), "utf-8")
        except KeyError:
            warnings.append(f"the chapter {path!r} is missing")
            continue
        text = markdown_of(root)[0] if root is not None else ""
        if title:  # one title; a chapter's headings go one lower
            text = "\n".join(f"#{line}" if line.startswith("#") and not line.startswith("######") else line
                             for line in text.split("\n"))  # fmt: skip
        if text.strip():
            parts.append(Container(length, length + len(text), "chapter", path))
            pieces.append(text + "\n")
            length += len(text) + 1
    return Reading("".join(pieces), Origin(parts=tuple(parts)), tuple(warnings))


def _xml(raw: bytes) -> etree._Element:
    return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
