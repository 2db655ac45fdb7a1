"""Word documents -> Markdown: mammoth reads styles, lists, tables and notes; formulas become LaTeX before it."""

from __future__ import annotations

import io
import zipfile

import mammoth
from lxml import etree

from ingest.read.office.archive import checked
from ingest.read.reading import Limits, Reading, UnfitError
from ingest.read.web.formulas import latex_of
from ingest.read.web.markdown import markdown_of, parsed
from ingest.read.web.notes import mark_notes

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DOCUMENT = "word/document.xml"
# Styles that mammoth does not know: titles, Chinese names of headings, code, and captions of figures.
STYLES = (
    "p[style-name='Subtitle'] => p:fresh",
    "p[style-name='Code'] => pre:separator('\\n')",
    "p[style-name='Source Code'] => pre:separator('\\n')",
    "p[style-name='HTML Preformatted'] => pre:separator('\\n')",
    "r[style-name='Verbatim Char'] => code",
)


def _styles(titled: bool) -> str:
    """What styles become; below a title of the document headings are one lower."""
    levels = [(n, min(n + titled, 6)) for n in range(1, 7)]
    headings = [f"p[style-name='{name} {n}'] => h{level}:fresh" for n, level in levels for name in ("heading", "标题")]
    return "\n".join(["p[style-name='Title'] => h1:fresh", "p[style-name='标题'] => h1:fresh", *headings, *STYLES])


def read_docx(raw: bytes, name: str, limits: Limits) -> Reading:
    """Read a Word document; raises UnfitError for one that is damaged or locked."""
    archive, warnings = checked(raw, limits)
    with archive:
        titled = b'w:val="Title"' in archive.read(DOCUMENT)
        source = _with_formulas(archive)
    left: list[str] = []

    def picture(_: object) -> dict[str, str]:
        left.append("picture")
        return {"src": ""}

    result = mammoth.convert_to_html(
        source, style_map=_styles(titled), convert_image=mammoth.images.img_element(picture)
    )
    root = parsed(f"<html><body>{result.value}</body></html>".encode(), "utf-8")
    if root is None:
        raise UnfitError("no text in it")
    mark_notes(root)
    text, _ = markdown_of(root)
    if left:
        warnings.append(f"{len(left)} pictures are read by their alternative text alone")
    return Reading(text, warnings=tuple(warnings))


def _with_formulas(archive: zipfile.ZipFile) -> io.BytesIO:
    """Return the archive with each formula replaced by its LaTeX between dollar signs, and nothing of its macros."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    copied = io.BytesIO()
    with zipfile.ZipFile(copied, "w") as copy:
        for part in archive.infolist():
            if part.filename.lower().endswith("vbaproject.bin"):
                continue
            data = archive.read(part)
            if part.filename == DOCUMENT and b"oMath" in data:
                tree = etree.fromstring(data, parser)
                _replace_formulas(tree)
                data = etree.tostring(tree)
            copy.writestr(part.filename, data)
    copied.seek(0)
    return copied


def _replace_formulas(tree: etree._Element) -> None:
    for block in list(tree.iter(f"{MATH}oMathPara")):
        for formula in list(block.iter(f"{MATH}oMath")):
            _replace(formula, block, "$$")
        parent = block.getparent()
        if parent is not None:
            parent.remove(block)
    for formula in list(tree.iter(f"{MATH}oMath")):
        _replace(formula, formula, "$")
        parent = formula.getparent()
        if parent is not None:
            parent.remove(formula)


def _replace(formula: etree._Element, before: etree._Element, mark: str) -> None:
    run = etree.Element(f"{WORD}r")
    text = etree.SubElement(run, f"{WORD}t")
    text.text = f"{mark}{latex_of(formula)}{mark}"
    parent = before.getparent()
    if parent is not None:
        if parent.tag == f"{WORD}p":
            before.addprevious(run)
        else:  # a formula of its own, between paragraphs
            paragraph = etree.Element(f"{WORD}p")
            paragraph.append(run)
            before.addprevious(paragraph)
