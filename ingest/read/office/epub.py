"""Books (EPUB) -> Markdown: their chapters in reading order."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping
from urllib.parse import unquote

from lxml import etree

from ingest.read.office.archive import CHUNK, opened
from ingest.read.origin import Container, Origin
from ingest.read.reading import Limits, Reading, UnfitError
from ingest.read.web.markdown import HEADINGS, markdown_of, parsed
from ingest.read.web.notes import mark_notes

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
    warnings: list[str] = []
    chapters: dict[str, etree._Element] = {}
    for reference in book.iter("{*}itemref"):
        path = _joined(package, unquote(items.get(reference.get("idref"), "")))
        try:
            root = parsed(archive.read(path), "utf-8")
        except KeyError:
            warnings.append(f"the chapter {path!r} is missing")
            continue
        if root is not None:
            chapters[path] = root
    _bind(chapters)
    pieces: list[str] = [f"# {title}\n\n"] if title else []
    parts: list[Container] = []
    length = sum(map(len, pieces))
    for path, root in chapters.items():
        for heading in root.iter(*HEADINGS) if title else ():  # one title; a chapter's headings go one lower
            heading.tag = f"h{min(6, int(heading.tag[1]) + 1)}"
        text = markdown_of(root)[0]
        if text.strip():
            parts.append(Container(length, length + len(text), "chapter", path))
            pieces.append(text + "\n")
            length += len(text) + 1
    return Reading("".join(pieces), Origin(parts=tuple(parts)), tuple(warnings))


def _joined(path: str, reference: str) -> str:
    """Return the member that a reference in another member means."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), reference))


def _bind(chapters: Mapping[str, etree._Element]) -> None:
    """Join the chapters to one tree, in which a link leads to another chapter's note as to one of its own."""
    whole = etree.Element("div")
    for path, root in chapters.items():
        for each in root.iter(etree.Element):
            for attribute in ("id", "name"):
                if name := each.get(attribute):
                    each.set(attribute, f"{path}#{name}")
            if each.tag == "a" and "#" in (reference := each.get("href", "")):
                file, _, name = unquote(reference).partition("#")
                if ":" not in file:  # an address is elsewhere
                    each.set("href", f"#{_joined(path, file) if file else path}#{name}")
        whole.append(root)
    mark_notes(whole, book=True)


def _xml(raw: bytes) -> etree._Element:
    return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
