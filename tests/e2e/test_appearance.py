"""Language, theme, and what the script tag's attributes change."""

import pytest
from playwright.sync_api import expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Visit
from tests.e2e.widget import Widget

GROUND = "(element) => getComputedStyle(element).backgroundColor"
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(27, 28, 31)"


def test_the_service_s_page_can_be_switched(widget: Widget) -> None:
    expect(widget.composer).to_have_attribute("placeholder", "输入问题…")
    widget.composer.fill("半句")
    widget.menu("lang-en")
    expect(widget.composer).to_have_attribute("placeholder", "Ask a question…")
    expect(widget.composer).to_have_value("半句")
    widget.until(lambda: widget.focused() == "menu")
    assert widget.page.evaluate("document.documentElement.lang") == "en"
    widget.page.reload()
    expect(widget.composer).to_have_attribute("placeholder", "Ask a question…")
    widget.menu("lang-zh")
    expect(widget.composer).to_have_attribute("placeholder", "输入问题…")
    assert widget.page.evaluate("document.documentElement.lang") == "zh-CN"


def test_the_service_s_page_speaks_the_browser_s_language(visit: Visit) -> None:
    widget = visit(locale="en-US")
    expect(widget.composer).to_have_attribute("placeholder", "Ask a question…")
    assert widget.page.evaluate("[document.documentElement.lang, document.title]") == ["en", "Outline QA"]
    widget.submit("明天上海的天气怎么样？")
    expect(widget.by("status-not_in_documents")).to_have_text("文档里没有")  # a heading is in its answer's language
    widget.submit("LoRA vs QLoRA")
    widget.reaches("done")
    assert widget.service.last()["lacks"] == ["other_language"]  # asked in no language, so in the interface's


def test_switching_keeps_a_running_answer(live: Live, widget: Widget) -> None:
    live.pace.most = 2
    widget.submit("什么是 QLoRA？")
    expect(widget.cite(1)).to_be_visible()
    widget.menu("lang-en")
    expect(widget.by("stop")).to_have_attribute("aria-label", "Stop answering")
    live.pace.release()
    widget.reaches("done")
    expect(widget.messages).to_have_count(2)


@pytest.mark.parametrize(
    ("page", "attributes", "locale", "word"),
    [
        ("zh-CN", "", "en-US", "输入问题…"),
        ("en", "", "zh-CN", "Ask a question…"),
        ("", "", "zh-CN", "输入问题…"),
        ("", "", "de-DE", "Ask a question…"),
        ("en", 'data-lang="zh"', "en-US", "输入问题…"),
        ("zh", 'data-lang="en"', "zh-CN", "Ask a question…"),
    ],
)
def test_language_of_attribute_then_page_then_browser(
    live: Live, visit: Visit, sites: Sites, page: str, attributes: str, locale: str, word: str
) -> None:
    html = host_page(f"{live.url}/widget.js", f"data-open {attributes}", lang=page)
    widget = visit(sites.add("/language", html), locale=locale)
    expect(widget.composer).to_have_attribute("placeholder", word)


@pytest.mark.parametrize(("scheme", "ground"), [("light", LIGHT), ("dark", DARK)])
def test_theme_of_the_system(visit: Visit, scheme: str, ground: str) -> None:
    widget = visit(color_scheme=scheme)
    assert widget.panel.evaluate(GROUND) == ground
    widget.page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    other = DARK if ground == LIGHT else LIGHT
    widget.until(lambda: widget.panel.evaluate(GROUND) == other)


def test_theme_by_the_button(visit: Visit) -> None:
    widget = visit(color_scheme="light")
    seen = []
    widget.by("menu").click()
    for _ in range(3):
        widget.by("theme").click()
        seen.append((widget.by("theme").inner_text(), widget.panel.evaluate(GROUND)))
    assert seen == [("外观：浅色", LIGHT), ("外观：深色", DARK), ("外观：跟随系统", LIGHT)]
    widget.by("theme").click()
    widget.by("theme").click()
    widget.page.reload()
    widget.until(lambda: widget.panel.evaluate(GROUND) == DARK)


def test_attributes(live: Live, visit: Visit, sites: Sites) -> None:
    attributes = (
        'data-corner="bottom-left" data-title="问问看" data-accent="rgb(200, 30, 90)" data-theme="dark" data-open'
    )
    widget = visit(sites.add("/attributes", host_page(f"{live.url}/widget.js", attributes)))
    expect(widget.host.locator(".title")).to_have_text("问问看")
    widget.settle()
    box = widget.panel.bounding_box()
    assert box
    assert box["x"] == 20
    assert widget.by("launcher").evaluate(GROUND) == "rgb(200, 30, 90)"
    assert widget.panel.evaluate(GROUND) == DARK
    expect(widget.panel).to_have_attribute("role", "dialog")
    expect(widget.panel).to_have_accessible_name("问问看")


def test_attributes_may_change(live: Live, visit: Visit, sites: Sites) -> None:
    widget = visit(sites.add("/change", host_page(f"{live.url}/widget.js", "data-open")))
    set_one = "(host, [name, value]) => host.setAttribute(name, value)"
    widget.host.evaluate(set_one, ["title", "<i>新</i>"])
    expect(widget.host.locator(".title")).to_have_text("<i>新</i>")
    widget.host.evaluate(set_one, ["accent", "no colour"])
    widget.host.evaluate(set_one, ["lang", "en"])
    expect(widget.composer).to_have_attribute("placeholder", "Ask a question…")
    widget.host.evaluate("(host) => host.close()")
    expect(widget.panel).to_be_hidden()
    widget.host.evaluate("(host) => host.open()")
    expect(widget.panel).to_be_visible()


def test_a_whole_page_of_a_host(live: Live, visit: Visit, sites: Sites) -> None:
    widget = visit(sites.add("/whole", host_page(f"{live.url}/widget.js", 'data-mode="page" data-title="全屏"')))
    expect(widget.panel).to_have_attribute("role", "main")
    expect(widget.by("launcher")).to_have_count(0)
    box = widget.panel.bounding_box()
    assert box
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 1280, 800)
    assert widget.ask("什么是 QLoRA？")["status"] == "answered"


def test_an_element_of_the_hosts_own(live: Live, visit: Visit, sites: Sites) -> None:
    page = host_page(f"{live.url}/widget.js", "data-title=one", body='<outline-qa title="own" open></outline-qa>')
    widget = visit(sites.add("/element", page))
    expect(widget.host).to_have_count(1)
    expect(widget.host.locator(".title")).to_have_text("own")
