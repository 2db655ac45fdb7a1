"""The first load, as bytes that the server sent."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget

MOST = 45_000
LAZY = ("markdown-", "katex-", "highlight-")


def loaded(browser: Browser, watch: Watch, live: Live, address: str, launcher: bool) -> dict[str, int]:
    """Bytes, headers included, of each file of the service that a first visit loads."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    watch.attach(context)
    page = context.new_page()
    session = context.new_cdp_session(page)
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def answered(event: dict[str, Any]) -> None:
        names[event["requestId"]] = event["response"]["url"]

    def finished(event: dict[str, Any]) -> None:
        name = names.get(event["requestId"], "")
        if name.startswith(live.url):
            sizes[name.removeprefix(live.url)] = int(event["encodedDataLength"])

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    page.goto(address)
    widget = Widget(page, live)
    expect(widget.by("launcher") if launcher else widget.by("suggestion").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    context.close()
    return sizes


@pytest.mark.parametrize("launcher", [True, False], ids=["a site's page", "the service's page"])
def test_the_first_load(browser: Browser, watch: Watch, live: Live, sites: Sites, launcher: bool) -> None:
    site = sites.add("/weight", host_page(f"{live.url}/widget.js"))
    sizes = loaded(browser, watch, live, site if launcher else live.url, launcher)
    files = {name: size for name, size in sizes.items() if not name.startswith("/v1/")}
    first = {name: size for name, size in files.items() if not any(part in name for part in LAZY)}
    assert any("main-" in name for name in first)
    assert sum(first.values()) <= MOST
    assert not any("katex-" in name or "highlight-" in name for name in files)
    if launcher:
        assert files == first  # until it is opened, nothing else
        assert sizes == files  # and nothing is asked of the service
    watch.check()
