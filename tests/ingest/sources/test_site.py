"""A site is walked as its owner allows, on its host alone, and never into a private network."""

import ipaddress
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import httpcore
import pytest

from ingest.settings import SourceSettings
from ingest.sources.source import FetchError
from ingest.sources.web import connection
from ingest.sources.web.connection import is_public
from ingest.sources.web.links import file_name, plain, sitemap
from ingest.sources.web.site import web


class Pages(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, tuple[int, str, str]]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, kind, body = self.pages.get(self.path, (404, "text/plain", "none"))
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", body)
            body = ""
        raw = body.encode()
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None: ...


def page(*hrefs: str) -> tuple[int, str, str]:
    return 200, "text/html; charset=utf-8", "<h1>页</h1>" + "".join(f'<a href="{each}">x</a>' for each in hrefs)


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    Pages.asked.clear()
    Pages.pages = {
        "/robots.txt": (200, "text/plain", "User-agent: *\nDisallow: /docs/private\n"),
        "/docs/": page(
            "a.html", "deep/b#part", "/docs/private/c", "/elsewhere", "https://example.com/", "moved", "away", "x.zip"
        ),
        "/docs/a.html": page("/docs/", "javascript:alert(1)", "mailto:a@b.c", "http://[broken"),
        "/docs/deep/b": page("../deeper/c"),
        "/docs/deeper/c": page(),
        "/docs/moved": (301, "text/plain", "/docs/new?v=1"),
        "/docs/new?v=1": (200, "text/markdown", "# 新\n\n正文。\n"),
        "/docs/away": (302, "text/plain", "http://169.254.169.254/latest/meta-data"),
        "/docs/x.zip": (200, "application/zip", "PK"),
        "/sitemap.xml": (
            200,
            "application/xml",
            f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>{base}/docs/a.html</loc></url>"
            f"<url><loc>{base}/docs/private/c</loc></url><url><loc>https://example.com/</loc></url></urlset>",
        ),
    }
    yield base
    server.shutdown()
    server.server_close()


def fetched(address: str, folder: Path, **settings: object) -> tuple[set[str], dict[str, str]]:
    """The files of a site without its host, and what was left out."""
    source = web({"address": address}, SourceSettings.model_validate({"private": True, "pause": 0, **settings}))
    skipped = source.fetch(folder, lambda *_: None)
    files = {path.relative_to(folder).as_posix().partition("/")[2] for path in folder.rglob("*") if path.is_file()}
    return files, {each.name: each.reason for each in skipped}


def test_a_site_is_walked_below_its_first_page(site: str, tmp_path: Path) -> None:
    files, skipped = fetched(f"{site}/docs/", tmp_path)
    assert files == {"docs/index.html", "docs/a.html", "docs/deep/b.html", "docs/deeper/c.html", "docs/new_v=1.md"}
    assert skipped[f"{site}/docs/private/c"] == "its robots.txt does not allow it"
    assert skipped[f"{site}/docs/away"].startswith("leads to another site, http://169.254.169.254/")
    assert skipped[f"{site}/docs/x.zip"].startswith("of no format that is read (application/zip)")
    assert not {"/elsewhere", "/docs/private/c"} & set(Pages.asked)
    assert len(Pages.asked) == len(set(Pages.asked))


def test_depth_and_pages_are_limits(site: str, tmp_path: Path) -> None:
    files, _ = fetched(f"{site}/docs/", tmp_path / "a", depth=1)
    assert "docs/deeper/c.html" not in files
    files, skipped = fetched(f"{site}/docs/", tmp_path / "b", pages=2)
    assert len(files) == 2
    assert any("beyond the limit of 2 pages" in reason for reason in skipped.values())


def test_a_sitemap_names_pages(site: str, tmp_path: Path) -> None:
    files, skipped = fetched(f"{site}/sitemap.xml", tmp_path, depth=0)
    assert files == {"docs/a.html"}
    assert list(skipped) == [f"{site}/docs/private/c"]


def test_private_addresses_are_refused_unless_allowed(site: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="address of this machine or of a private network; allow it by"):
        fetched(f"{site}/docs/", tmp_path, private=False)
    assert Pages.asked == []


def test_a_name_that_changes_its_address_is_refused(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: each connection goes to the address that was looked at for it."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    asked: list[str] = []

    def looked(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (next(answers), port))]

    def connected(self: object, host: str, *_: object) -> None:
        asked.append(host)
        raise httpcore.ConnectError("closed")

    monkeypatch.setattr(socket, "getaddrinfo", looked)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connected)
    backend = connection._Public(private=False)
    with pytest.raises(httpcore.ConnectError):
        backend.connect_tcp("rebinding.example", 80)
    with pytest.raises(connection.ForbiddenAddressError):
        backend.connect_tcp("rebinding.example", 80)
    assert asked == ["93.184.216.34"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("fe80::1", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize(
    ("url", "media", "name"),
    [
        ("https://a.example/", "text/html", "a.example/index.html"),
        ("https://a.example/b/.git/config", "text/plain", "a.example/b/git/config.txt"),
        ("https://a.example/%E6%89%8B%E5%86%8C.pdf", "application/pdf", "a.example/手册.pdf"),
        ("https://a.example/..%2f..%2fetc/passwd", "text/html", "a.example/etc/passwd.html"),
        ("https://a.example/x.docx", "application/octet-stream", "a.example/x.docx"),
        ("https://a.example/x.exe", "application/octet-stream", None),
        ("https://a.example/x.png", "image/png", None),
    ],
)
def test_names_of_pages(url: str, media: str, name: str | None) -> None:
    assert file_name(url, media) == name


def test_addresses_are_made_plain() -> None:
    assert plain("HTTP://Exämple.com:80/手 册?q=ü#x") == "http://xn--exmple-cua.com/%E6%89%8B%20%E5%86%8C?q=%C3%BC"
    assert [plain(each) for each in ("ftp://a/", "http://u:p@a/", "file:///etc/passwd", "mailto:a@b")] == [""] * 4


def test_entities_of_a_sitemap_are_not_read() -> None:
    body = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><urlset><url><loc>&e;</loc></url></urlset>'
    assert sitemap(body) == ([""], False)
    assert sitemap(b"<html></html>") is None
