"""Web pages of other sites that embed the widget."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Page:
    html: str
    headers: dict[str, str] = field(default_factory=dict)


class Sites:
    """A server of pages that tests put there; it is 127.0.0.1, which is allowed, and localhost, which is not."""

    def __init__(self) -> None:
        pages: dict[str, Page] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = pages.get(self.path)
                self.send_response(200 if page else 404)
                headers = {"Content-Type": "text/html; charset=utf-8"} | (page.headers if page else {})
                for name, value in headers.items():
                    self.send_header(name, value)
                body = page.html.encode() if page else b""
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._pages = pages
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.port = self._server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.stranger = f"http://localhost:{self.port}"

    def add(self, path: str, html: str, **headers: str) -> str:
        """Put a page there and return its address; `content_security_policy` becomes a header."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        self._pages[path] = Page(html, named)
        return self.origin + path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def host_page(script: str, attributes: str = "", css: str = "", lang: str = "zh-CN", body: str = "") -> str:
    """An ordinary page that holds the script tag of the README, or no script."""
    tag = f'<script src="{script}" {attributes} defer></script>' if script else ""
    style = f'<style nonce="host">{css}</style>' if css else ""
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Host</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"{style}{tag}</head>"
        f'<body><main><h1>Host</h1><p id="own">Some text of the host.</p>{body}<button id="last">Own</button></main>'
        "</body></html>"
    )
