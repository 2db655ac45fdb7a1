"""Footnotes of an HTML tree as Markdown has them: `[^1]` where one is marked, `[^1]: …` where it stands."""

from __future__ import annotations

import re

from lxml import etree

SIGN = re.compile(r"\s*\[?(?:\d{1,3}|[*†‡§a-z])\]?\s*")  # what a mark shows
MOST = 5_000  # links within a page; one with more is an index, and to rewrite it takes the square of the time
HOLDERS = {"li", "p", "div", "aside", "dd"}


def mark_notes(root: etree._Element) -> None:
    """Change the marks that lead to a note in the same tree, and the notes that they lead to."""
    targets = {name: each for each in root.iter(*HOLDERS) if (name := each.get("id"))}
    labels: dict[str, int] = {}
    links = [each for each in root.iter("a") if each.get("href", "").startswith("#")]
    for link in links if len(links) <= MOST else ():
        target = link.get("href", "")[1:]
        inside = any(above is targets.get(target) for above in link.iterancestors())
        if target in targets and not inside and SIGN.fullmatch("".join(link.itertext())):
            label = labels.setdefault(target, len(labels) + 1)
            mark = link
            while (above := mark.getparent()) is not None and above.tag == "sup" and len(above) == 1:
                mark = above
            _replace(mark, f"[^{label}]")
    for target, label in labels.items():
        _define(targets[target], label)


def _define(note: etree._Element, label: int) -> None:
    """Turn a note into a paragraph of its own, without what leads back."""
    for link in [each for each in note.iter("a") if each.get("href", "").startswith("#")]:
        if not any(map(str.isalnum, "".join(link.itertext()))):
            _replace(link, "")
    for block in list(note.iter("p", "div")):
        if block is not note:
            block.tag = "span"
            block.tail = f" {block.tail or ''}"
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
