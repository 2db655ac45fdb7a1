"""Where a page or a sitemap leads, and what a page is called as a file."""

from __future__ import annotations

import gzip
import io
import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit

from lxml import etree, html

MEDIA = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/x-rst": ".rst",
    "text/prs.fallenstein.rst": ".rst",
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/x-ipynb+json": ".ipynb",
}
XML = ("application/xml", "text/xml", "application/gzip", "application/x-gzip")
SITEMAP = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")
INDEX = re.compile(rb"<(?:\w+:)?sitemapindex[\s>]")
LONGEST = 100  # characters of one step of a name
UNPACKED = 64 << 20
BAD = re.compile(r"[^\w.,()+=@~ -]+")


def sitemap(body: bytes) -> tuple[list[str], bool] | None:
    """Return the addresses that a sitemap names and whether they are sitemaps; None for what is none."""
    if body.startswith(b"\x1f\x8b"):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
                body = file.read(UNPACKED)
        except (OSError, EOFError):
            return None
    if not SITEMAP.search(body[:4096]):
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root = etree.fromstring(body, parser)
    places = [] if root is None else [each.text or "" for each in root.iter("{*}loc")]
    return [each.strip() for each in places], bool(INDEX.search(body[:4096]))


def targets(body: bytes, url: str) -> list[str]:
    """Return where the links of a page lead, in order, without fragments."""
    try:
        page = html.document_fromstring(body)
    except (etree.ParserError, ValueError):
        return []
    root = next(iter(page.xpath("//base/@href")), "")
    base = urljoin(url, str(root))
    found: list[str] = []
    for link in page.xpath("//a[@href][not(contains(@rel, 'nofollow'))]/@href"):
        try:
            found.append(plain(urljoin(base, str(link))))
        except ValueError:  # as of a bracket in the host
            continue
    return list(dict.fromkeys(each for each in found if each))


def plain(url: str) -> str:
    """Return an address as it is fetched, "" for one of another protocol; raises ValueError for a malformed one."""
    parts = urlsplit(urldefrag(url.strip())[0])
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return ""
    default = {"http": 80, "https": 443}[parts.scheme.lower()]
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.encode("idna").decode()
    host = name + (f":{parts.port}" if parts.port not in (None, default) else "")
    path, query = (re.sub(r"[^\x21-\x7e]", _quoted, each) for each in (parts.path or "/", parts.query))
    return urlunsplit((parts.scheme.lower(), host, path, query, ""))


def _quoted(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def file_name(url: str, media: str) -> str | None:
    """Return the name under which a page is kept, None for what is of no known format."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    suffix = MEDIA.get(media, "")
    own = PurePosixPath(path).suffix.lower()
    if not suffix and (media not in ("", "application/octet-stream") or own not in MEDIA.values()):
        return None
    if path.endswith("/"):
        path += "index.html"
    steps = [BAD.sub("_", step).lstrip(".")[:LONGEST] for step in path.split("/")]
    steps = [step for step in steps if step]
    if parts.query:
        steps[-1:] = [f"{PurePosixPath(steps[-1]).stem}_{BAD.sub('_', unquote(parts.query))}"[:LONGEST]]
    wanted = suffix or own
    same = {".html": (".html", ".htm", ".xhtml"), ".txt": (".txt", ".md", ".csv")}.get(wanted, (wanted,))
    if not steps[-1].lower().endswith(same):
        steps[-1] += wanted
    return "/".join([BAD.sub("_", parts.netloc), *steps])
