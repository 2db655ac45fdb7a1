"""What must happen in no test: foreign requests, scripts of the content, dialogs, policy violations, console errors."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, WebError

# Hostile content in the tests sets `window.hacked` when it runs.
INIT = """
window.hacked = null;
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("policy violation", event.violatedDirective, event.blockedURI));
"""
LOCAL = {"127.0.0.1", "localhost"}


class Watch:
    """Collects what went wrong in contexts that it is told of; `allow` names errors and dialogs of a test's own."""

    def __init__(self) -> None:
        self._wrong: list[str] = []
        self._allowed: list[str] = []
        self._pages: list[Page] = []

    def allow(self, *patterns: str) -> None:
        self._allowed += patterns

    def attach(self, context: BrowserContext) -> None:
        context.add_init_script(INIT)
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("page", self._page)

    def check(self) -> None:
        for page in self._pages:
            if not page.is_closed() and page.url.startswith("http") and (ran := page.evaluate("window.hacked")):
                self._wrong.append(f"a script of the content ran: {ran}")
        assert not self._wrong, self._wrong

    def _page(self, page: Page) -> None:
        self._pages.append(page)
        page.on("dialog", self._dialog)

    def _dialog(self, dialog: Dialog) -> None:
        if any(re.search(pattern, dialog.message) for pattern in self._allowed):
            dialog.accept()
        else:
            self._wrong.append(f"dialog: {dialog.message}")
            dialog.dismiss()

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob", "about"} and address.hostname not in LOCAL:
            self._wrong.append(f"request to another host: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        told = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(re.search(pattern, told) for pattern in self._allowed):
            self._wrong.append(f"console: {told}")

    def _error(self, error: WebError) -> None:
        self._wrong.append(f"uncaught: {error.error}")
