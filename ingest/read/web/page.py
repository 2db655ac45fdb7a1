"""Web pages -> Markdown: what they say, without what leads to other pages."""

from __future__ import annotations

import re

from lxml import etree

from ingest.read.encoding import decode
from ingest.read.origin import Origin
from ingest.read.reading import Limits, Reading, UnfitError
from ingest.read.web.markdown import HEADINGS, markdown_of, parsed
from ingest.read.web.notes import mark_notes

AROUND = {"nav", "footer", "aside"}
ROLES = {"navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "dialog", "alert"}
CHROME = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|side-?bar|bread-?crumbs?|cookies?|footer|pagination|skip-?link|share"
    r"|advert(?:isement)?|headerlink|edit-?section|toc(?:tree)?)(?:$|[\s_-])",
    re.IGNORECASE,
)
LINKED = 0.8  # of a block's letters, that stand in links
LINKS = 5  # links from which a block may lead elsewhere
CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
LEAST = 40  # characters of what a page is about
MOST_NODES = 400_000


def read_html(raw: bytes, name: str, limits: Limits) -> Reading:
    """Read a web page; raises UnfitError where it shows no text."""
    text, encoding = _decoded(raw)
    root = parsed(text.encode("utf-8", "ignore"), "utf-8")
    if root is None:
        raise UnfitError("no text in it")
    if sum(1 for _ in root.iter()) > MOST_NODES:
        raise UnfitError(f"has more than {MOST_NODES:,} elements; split it")
    mark_notes(root)
    main = _main(root)
    body, parts = markdown_of(main, _is_around)
    if not body.strip():
        body, parts = markdown_of(root)  # all of it looked like navigation
    if not body.strip():
        raise UnfitError("no text in it; a page that a script fills has to be saved from a browser")
    title = " ".join("".join(root.findtext(".//title") or "").split())
    if title and not re.search(r"^# ", body, re.MULTILINE):
        head = f"# {title}\n\n"
        body = head + body
        parts = tuple(type(p)(p.start + len(head), p.end + len(head), p.kind, p.name) for p in parts)
    return Reading(body, Origin(parts=parts), encoding=encoding)


def _decoded(raw: bytes) -> tuple[str, str]:
    """Decode as the page says, else as its bytes look."""
    if match := CHARSET.search(raw[:4096]):
        named = match[1].decode("ascii").lower()
        named = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252"}.get(named, named)
        try:
            return raw.decode(named), "utf-8" if named in ("utf-8", "utf8") else named
        except (UnicodeDecodeError, LookupError):
            pass
    decoded = decode(raw)
    return decoded.text, decoded.encoding


def _main(root: etree._Element) -> etree._Element:
    """The element that holds what the page is about, the whole where none says so."""
    for path in ("//main", "//*[@role='main']", "//article"):
        found = root.xpath(path)
        if isinstance(found, list) and len(found) == 1 and len("".join(found[0].itertext()).strip()) > LEAST:
            held: etree._Element = found[0]
            return held
    return root


def _is_around(element: etree._Element) -> bool:
    """Whether it leads to other pages rather than says something."""
    if element.tag in ("body", "html", "main", "article") or element.tag in HEADINGS:
        return False
    if element.tag in AROUND or element.get("role") in ROLES:
        return True
    if element.tag == "header" and next(element.iter("h1"), None) is None:
        return next(element.iterancestors("article", "main", "section"), None) is None
    if CHROME.search(f"{element.get('class', '')} {element.get('id', '')}") and not len(list(element.iter("p"))) > 2:
        return True
    return element.tag in ("ul", "ol", "div", "table") and _is_linked(element)


def _is_linked(element: etree._Element) -> bool:
    links = list(element.iter("a"))
    if len(links) < LINKS:
        return False
    linked = sum(len("".join(link.itertext()).strip()) for link in links)
    return linked > LINKED * len("".join("".join(element.itertext()).split())) and linked < 30 * len(links)
