"""Footnotes of an HTML tree as Markdown has them: `[^1]` where one is marked, `[^1]: …` where it stands."""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree

# What a mark shows: a number, a sign, a letter, the Chinese word for a note.
SIGN = re.compile(r"\s*[\[(（〔【]?(?:注\s?\d{0,3}|\d{1,3}|[*†‡§a-z①-⑳])[\])）〕】]?\s*")
MARKS = {"noteref", "doc-noteref", "footnote-ref", "duokan-footnote"}  # what a link calls itself that is one (EPUB 3)
NOTES = {"footnote", "endnote", "rearnote", "doc-footnote", "doc-endnote", "duokan-footnote-item"}
MOST = 5_000  # marks; a page with more is an index, and to rewrite it takes the square of the time
HOLDERS = {"li", "p", "div", "aside", "dd"}
NEAR = 2  # elements around a mark, to which its note may lead back


def mark_notes(root: etree._Element, book: bool = False) -> None:
    """Change the marks that lead to a note in the same tree, and the notes that they lead to.

    In a book numbers lead to pages as well: there a note is what says so, or what leads back to its mark.
    """
    targets = {name: each for each in root.iter() if isinstance(each.tag, str) and (name := _name(each))}
    labels: dict[etree._Element, int] = {}
    links = [each for each in root.iter("a") if each.get("href", "").startswith("#") and _is_mark(each)]
    for link in links if len(links) <= MOST else ():
        target = targets.get(link.get("href", "")[1:])
        note = _note(target, link, book) if target is not None else None
        if note is None or any(above is note for above in link.iterancestors()):
            continue
        label = labels.setdefault(note, len(labels) + 1)
        mark = link
        while (above := mark.getparent()) is not None and above.tag == "sup" and len(above) == 1:
            mark = above
        _replace(mark, f"[^{label}]")
    for note, label in labels.items():
        _define(note, label)


def _name(element: etree._Element) -> str | None:
    return element.get("id") or (element.get("name") if element.tag == "a" else None)


def _kinds(element: etree._Element) -> set[str]:
    """What an element says it is, in the words of EPUB, of ARIA and of common styles."""
    return {
        *(element.get("epub:type") or "").split(),
        *element.get("role", "").split(),
        *element.get("class", "").split(),
    }


def _is_mark(link: etree._Element) -> bool:
    return bool(SIGN.fullmatch("".join(link.itertext()))) or bool(MARKS & _kinds(link))


def _note(target: etree._Element, link: etree._Element, book: bool) -> etree._Element | None:
    """Return the note that a mark's target is or begins, None where it is none."""
    holder = next((each for each in (target, *target.iterancestors()) if each.tag in HOLDERS), None)
    if holder is None or (target is holder and not book):
        return holder
    above = [link, *islice(link.iterancestors(), NEAR)]
    back = {f"#{name}" for each in above if (name := _name(each))}
    leads_back = any(each.get("href") in back for each in holder.iter("a"))
    begins = target is holder or not _text_before(target, holder)
    typed = MARKS & _kinds(link) or NOTES & _kinds(target)
    return holder if begins and (leads_back or (typed and target is holder)) else None


def _text_before(target: etree._Element, holder: etree._Element) -> bool:
    """Whether anything is said in a holder before a target in it."""
    for each in holder.iter():
        if each is target:
            return False
        if (each.text or "").strip():
            return True
    return False


def _define(note: etree._Element, label: int) -> None:
    """Turn a note into a paragraph of its own, without what leads back."""
    for link in [each for each in note.iter("a") if each.get("href", "").startswith("#")]:
        text = "".join(link.itertext())
        if not any(map(str.isalnum, text)) or (SIGN.fullmatch(text) and not _text_before(link, note)):
            _replace(link, "")
    for block in list(note.iter("p", "div")):
        if block is not note:
            block.tag = "span"
            block.tail = f" {block.tail or ''}"
    note.attrib.pop("hidden", None)  # a mark opens it
    note.text = f"[^{label}]: {(note.text or '').lstrip()}"
    parent = note.getparent()
    note.tag = "p"
    if parent is not None and parent.tag in ("ol", "ul"):
        parent.tag = "div"


def _replace(element: etree._Element, text: str) -> None:
    parent, before = element.getparent(), element.getprevious()
    text += element.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + text
    elif parent is not None:
        parent.text = (parent.text or "") + text
    if parent is not None:
        parent.remove(element)
