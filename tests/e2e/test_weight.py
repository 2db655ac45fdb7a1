"""The first load, as bytes that the server sent."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Visit
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget

PAGE, CLOSED = 45_000, 30_000
LATE = ("markdown-", "temml-", "highlight-")


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


@pytest.mark.parametrize("closed", [True, False], ids=["a site's page", "the service's page"])
def test_the_first_load(browser: Browser, watch: Watch, live: Live, sites: Sites, closed: bool) -> None:
    """Everything until the network is idle, what is asked of the service included."""
    site = sites.add("/weight", host_page(f"{live.url}/widget.js"))
    sizes = loaded(browser, watch, live, site if closed else live.url, closed)
    assert any("main-" in name for name in sizes)
    assert sum(sizes.values()) <= (CLOSED if closed else PAGE), sizes
    assert not any(part in name for part in LATE for name in sizes)
    asked = {name for name in sizes if name.startswith("/v1/")}
    assert asked == (set() if closed else {"/v1/widget"})  # no token on the service's own page, and no outline
    watch.check()


def test_what_was_read_is_not_sent_again(live: Live, visit: Visit) -> None:
    widget = visit()
    widget.by("outline-toggle").click()
    expect(widget.by("entry").first).to_be_visible()
    session = widget.page.context.new_cdp_session(widget.page)
    sizes: dict[str, int] = {}
    names: dict[str, str] = {}
    session.on("Network.responseReceived", lambda event: names.update({event["requestId"]: event["response"]["url"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({names.get(event["requestId"], ""): int(event["encodedDataLength"])}),
    )
    session.send("Network.enable")
    widget.page.reload()  # the address says that the outline is open
    expect(widget.by("entry").first).to_be_visible()
    widget.until(lambda: f"{live.url}/v1/outline" in sizes)
    assert sizes[f"{live.url}/v1/outline"] < 1000  # headers alone
