"""Pages with scripts of their own: they take no keys from the widget, and do not lose it when they swap their body."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Visit
from tests.e2e.watch import Watch
from tests.support.paths import ROOT

PACKAGES = ROOT / "service/widget/node_modules"
DOCSEARCH = PACKAGES / "@docsearch/js/dist/umd/index.js"
TURBO = PACKAGES / "@hotwired/turbo/dist/turbo.es2017-umd.js"
HTMX = PACKAGES / "htmx.org/dist/htmx.min.js"
QUESTION = "How do encoder/decoder models differ?"
BARE_KEYS = """
window.stolen = "";
const steal = (event) => {
  if (["s", "/", "e", "?", " ", "ArrowDown"].includes(event.key) && !event.target.isContentEditable) {
    window.stolen += event.key;
    event.preventDefault();
  }
};
for (const type of ["keydown", "keypress", "keyup"]) window.addEventListener(type, steal);
window.addEventListener("keydown", steal, { capture: true });
document.addEventListener("paste", (event) => { window.stolen += "paste"; event.preventDefault(); });
"""


def script(sites: Sites, path: str, source: str) -> str:
    """Serve a script of the host's own."""
    return sites.add(path, source, content_type="text/javascript").removeprefix(sites.origin)


def test_docsearch_takes_no_key(live: Live, visit: Visit, sites: Sites) -> None:
    own = script(sites, "/docsearch.js", DOCSEARCH.read_text("utf-8"))
    begin = script(
        sites,
        "/search.js",
        "docsearch({ container: '#search', appId: 'a', indexName: 'i', apiKey: 'k' });",
    )
    body = f'<div id="search"></div><script src="{own}"></script><script src="{begin}"></script>'
    widget = visit(sites.add("/docs", host_page(f"{live.url}/widget.js", "data-open", body=body)))
    expect(widget.page.locator(".DocSearch-Button")).to_be_visible()
    widget.composer.focus()
    widget.page.keyboard.type(QUESTION)
    expect(widget.composer).to_have_value(QUESTION)
    expect(widget.page.locator(".DocSearch-Modal")).to_have_count(0)
    widget.page.keyboard.press("Control+k")  # the page's own shortcut is still the page's
    expect(widget.page.locator(".DocSearch-Modal")).to_be_visible()


def test_a_page_of_bare_keys(live: Live, visit: Visit, sites: Sites) -> None:
    own = script(sites, "/bare-keys.js", BARE_KEYS)
    page = host_page(f"{live.url}/widget.js", "data-open", body=f'<script src="{own}"></script>')
    widget = visit(sites.add("/bare", page))
    widget.composer.focus()
    widget.page.keyboard.type("see sources / espresso?")
    expect(widget.composer).to_have_value("see sources / espresso?")
    widget.composer.evaluate(
        "(area) => area.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, composed: true, cancelable: true }))"
    )
    assert widget.page.evaluate("window.stolen") == ""
    widget.page.locator("#last").focus()
    widget.page.keyboard.press("s")
    assert "s" in widget.page.evaluate("window.stolen")  # outside, they are the page's


def test_turbo_swaps_the_body(live: Live, visit: Visit, sites: Sites) -> None:
    own = script(sites, "/turbo.js", TURBO.read_text("utf-8"))
    for path, other in (("/turbo-a", "/turbo-b"), ("/turbo-b", "/turbo-a")):
        page = host_page(f"{live.url}/widget.js", body=f'<a href="{other}" id="go">{path}</a>')
        sites.add(path, page.replace("</head>", f'<script src="{own}"></script></head>'))
    widget = visit(sites.origin + "/turbo-a")
    widget.by("launcher").click()
    widget.ask("什么是 QLoRA？")
    widget.composer.fill("半句")
    for path in ("/turbo-b", "/turbo-a"):
        widget.page.locator("#go").evaluate("(link) => link.click()")
        expect(widget.page.locator("#go")).to_have_text(path)
        expect(widget.host).to_have_count(1)
        expect(widget.panel).to_be_visible()
        expect(widget.messages).to_have_count(2)
        expect(widget.composer).to_have_value("半句")


def test_an_answer_goes_on_while_the_body_is_swapped(live: Live, visit: Visit, sites: Sites) -> None:
    widget = visit(sites.add("/pjax", host_page(f"{live.url}/widget.js", "data-open")))
    live.pace.most = 2
    widget.submit("LLMs 与传统统计语言模型的主要区别是什么？")
    expect(widget.cite(1)).to_be_visible()
    widget.page.evaluate("document.body = Object.assign(document.createElement('body'), { textContent: 'other' })")
    expect(widget.cite(1)).to_be_visible()
    live.pace.release()
    widget.reaches("done")


def test_htmx_swaps_the_body(live: Live, visit: Visit, sites: Sites) -> None:
    own = script(sites, "/htmx.js", HTMX.read_text("utf-8"))
    sites.add("/part", "<p id='new'>part</p>")
    body = '<button id="go" hx-get="/part" hx-target="body" hx-swap="innerHTML">go</button>'
    page = host_page(f"{live.url}/widget.js", "data-open", body=body)
    widget = visit(sites.add("/htmx", page.replace("</head>", f'<script src="{own}"></script></head>')))
    expect(widget.panel).to_be_visible()
    widget.page.locator("#go").evaluate("(button) => button.click()")
    expect(widget.page.locator("#new")).to_be_visible()
    expect(widget.panel).to_be_visible()
    expect(widget.host).to_have_count(1)


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ('data-mode="papel"', r'mode="papel" is not known; it is panel or page or inline'),
        ('data-theme="night"', r'theme="night" is not known'),
        ('data-colour="red"', r'there is no attribute "colour"'),
        ('data-suggestions="[oops"', r"no JSON array"),
        ('data-trigger="::::"', r"no CSS selector"),
        ('data-texts="/nowhere.json"', r"could not be read"),
    ],
)
def test_a_mistake_is_said_in_the_console(
    live: Live, visit: Visit, sites: Sites, watch: Watch, attributes: str, told: str
) -> None:
    watch.allow("404")
    lines: list[str] = []
    html = host_page(f"{live.url}/widget.js", f"data-open {attributes}")
    widget = visit(sites.add("/mistake", html.replace("<body>", '<body class="x">')), lines=lines)
    widget.page.locator("#own").click()
    expect(widget.panel).to_be_visible()
    widget.until(lambda: any(re.search(told, line) for line in lines))
    assert sum("outline-qa:" in line for line in lines) == 1


def test_a_site_that_is_not_allowed_reads_why(live: Live, visit: Visit, sites: Sites, watch: Watch) -> None:
    watch.allow("status of 403", "CORS policy", "ERR_FAILED")
    lines: list[str] = []
    path = sites.add("/unlisted", host_page(f"{live.url}/widget.js", "data-open")).removeprefix(sites.origin)
    widget = visit(sites.stranger + path, lines=lines)
    expect(widget.errors).to_contain_text("没有获准")
    widget.until(lambda: any("OUTLINE_QA_WIDGET__ORIGINS" in line for line in lines))


def test_a_module_script_works_as_well(live: Live, visit: Visit, sites: Sites) -> None:
    widget = visit(
        sites.add("/module", host_page(f"{live.url}/widget.js", 'type="module" data-open data-title="模块"'))
    )
    expect(widget.host.locator(".title")).to_have_text("模块")


def test_a_page_in_a_box_stays_in_it(live: Live, visit: Visit, sites: Sites) -> None:
    box = '<div id="box" style="width: 500px; height: 420px"><outline-qa mode="page"></outline-qa></div>'
    lines: list[str] = []
    widget = visit(sites.add("/box", host_page(f"{live.url}/widget.js", body=box)), lines=lines)
    expect(widget.by("suggestion")).to_have_count(4)
    outer, inner = widget.page.locator("#box").bounding_box(), widget.panel.bounding_box()
    assert outer == inner
    assert any('taken as mode="inline"' in line for line in lines)
    assert widget.ask("什么是 QLoRA？")["status"] == "answered"
