"""The widget in pages of other sites."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Serve, Visit
from tests.e2e.watch import Watch

QUESTION = "什么是 QLoRA？"
HOSTILE_CSS = """
* { all: revert; font-family: cursive !important; font-size: 40px !important; color: red !important;
    background: yellow !important; letter-spacing: 9px !important; direction: rtl !important; float: left !important;
    text-transform: uppercase !important; visibility: hidden; transform: rotate(3deg) !important; }
div, button, section, input, textarea, p, li { display: none !important; width: 10px !important; }
outline-qa { display: none !important; opacity: 0.1 !important; position: static !important; zoom: 3 !important; }
html { font-size: 7px; writing-mode: vertical-rl; }
"""
LOOK = """(host) => {
  const names = ["fontSize", "fontFamily", "color", "backgroundColor", "letterSpacing", "direction", "textTransform",
    "visibility", "writingMode"];
  const parts = host.shadowRoot.querySelectorAll(".panel, .header .title, textarea, .send, .suggestion");
  return Array.from(parts, (element) => {
    const style = getComputedStyle(element);
    const { x, y, width, height } = element.getBoundingClientRect();
    return [...names.map((name) => style[name]), ...[x, y, width, height].map(Math.round)].join();
  });
}"""


def tokens(page: Page) -> list[str]:
    """Collect the tokens that the page asks for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/v1/token") else None)
    return asked


def test_a_site_embeds_it_with_one_line(live: Live, visit: Visit, sites: Sites) -> None:
    widget = visit(sites.add("/plain", host_page(f"{live.url}/widget.js")))
    expect(widget.panel).to_have_count(0)
    widget.by("launcher").click()
    expect(widget.panel).to_be_visible()
    body = widget.ask(QUESTION)
    assert body["status"] == "answered"
    widget.cite(1).click()
    widget.by("open-in-outline").click()
    expect(widget.reader.locator("mark").first).to_be_visible()
    widget.by("outline-close").or_(widget.by("reader-back")).first.click()
    widget.by("launcher").click()
    expect(widget.panel).to_be_hidden()
    widget.page.reload()
    widget.by("launcher").click()
    expect(widget.messages).to_have_count(2)


def test_the_hosts_styles_stay_outside(live: Live, visit: Visit, sites: Sites) -> None:
    script = f"{live.url}/widget.js"
    kind = visit(sites.add("/kind", host_page(script, "data-open")))
    cruel = visit(sites.add("/cruel", host_page(script, "data-open", HOSTILE_CSS)))
    for widget in (kind, cruel):
        expect(widget.by("suggestion")).to_have_count(4)
        widget.settle()
    assert cruel.host.evaluate(LOOK) == kind.host.evaluate(LOOK)
    cruel.ask(QUESTION)
    expect(cruel.cite(1)).to_be_in_viewport()


def test_the_widget_leaves_the_host_alone(live: Live, visit: Visit, sites: Sites) -> None:
    """Its styles, its globals, its keys."""
    state = """() => ({
      globals: Object.keys(window).filter((name) => name !== "hacked"),
      sheets: document.styleSheets.length + document.adoptedStyleSheets.length,
      own: getComputedStyle(document.querySelector("#own")).cssText,
      body: document.body.children.length,
    })"""
    bare = visit(sites.add("/bare", host_page("")))
    with_widget = visit(sites.add("/with", host_page(f"{live.url}/widget.js", "data-open")))
    expect(with_widget.composer).to_be_visible()
    before, after = bare.page.evaluate(state), with_widget.page.evaluate(state)
    assert after == {**before, "body": before["body"] + 1}
    with_widget.page.locator("#last").focus()
    with_widget.page.keyboard.press("Escape")
    expect(with_widget.panel).to_be_visible()  # Esc outside is the host's


def test_under_a_strict_policy_of_the_host(live: Live, visit: Visit, sites: Sites) -> None:
    policy = (
        f"default-src 'none'; script-src {live.url}; connect-src {live.url}; style-src 'nonce-host'; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    page = host_page(f"{live.url}/widget.js", "data-open", "body { margin: 40px; }")
    widget = visit(sites.add("/strict", page, content_security_policy=policy))
    widget.ask("LLMs 背景下的位置编码是什么？")
    expect(widget.text.locator(".hljs-keyword").first).to_be_visible()
    widget.ask("位置编码的数学公式")
    expect(widget.text.locator("math").first).to_be_visible()


def test_a_site_that_is_not_allowed_is_told_so(live: Live, visit: Visit, sites: Sites, watch: Watch) -> None:
    watch.allow("status of 403", "CORS policy", "ERR_FAILED")
    path = sites.add("/stranger", host_page(f"{live.url}/widget.js", "data-open")).removeprefix(sites.origin)
    widget = visit(sites.stranger + path)
    expect(widget.errors).to_contain_text("没有获准")
    widget.submit(QUESTION)
    widget.reaches("failed")
    expect(widget.errors.last).to_have_attribute("data-kind", "forbidden")
    expect(widget.answer.get_by_test_id("retry")).to_have_count(0)


def test_a_token_is_renewed_before_it_ends(live: Live, visit: Visit, sites: Sites) -> None:
    widget = visit(sites.add("/renew", host_page(f"{live.url}/widget.js", "data-open")))
    expect(widget.by("suggestion")).to_have_count(4)
    asked = tokens(widget.page)
    widget.page.clock.install()
    widget.page.reload()
    widget.ask(QUESTION)
    assert len(asked) == 1
    widget.ask("什么是 LoRA？")
    assert len(asked) == 1
    widget.page.clock.fast_forward((live.settings.widget.token_seconds + 1) * 1000)
    widget.ask("什么是 RLHF？")
    assert len(asked) == 2


def test_a_token_that_ended_is_renewed(
    live: Live, visit: Visit, sites: Sites, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop that slept, or two clocks that differ: the service says that the token is too old."""
    watch.allow("status of 401")
    widget = visit(sites.add("/ended", host_page(f"{live.url}/widget.js", "data-open")))
    widget.ask(QUESTION)
    asked = tokens(widget.page)
    later = int(time.time()) + live.settings.widget.token_seconds + 60
    monkeypatch.setattr("service.serve.tokens._Steady.get_timestamp", lambda self: later)
    body = widget.ask("什么是 LoRA？")
    assert body["status"] == "answered"
    assert len(asked) == 1
    monkeypatch.undo()


def test_a_service_that_started_again_is_asked_for_a_token(
    serve: Serve, visit: Visit, sites: Sites, watch: Watch
) -> None:
    watch.allow("status of 401")
    live = serve()
    widget = visit(sites.add("/again", host_page(f"{live.url}/widget.js", "data-open")), service=live)
    widget.ask(QUESTION)
    live.stop()
    live.start()
    assert widget.ask("什么是 LoRA？")["status"] == "answered"
