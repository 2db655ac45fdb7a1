"""Phones, magnification, long conversations: nothing is wider than the screen, nothing out of reach."""

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Visit
from tests.e2e.wide import OUT
from tests.e2e.widget import Widget

PHONES: list[ViewportSize] = [{"width": 320, "height": 640}, {"width": 390, "height": 844}]
SMALL = """(host) => Array.from(host.shadowRoot.querySelectorAll("button"))
  .filter((button) => button.getClientRects().length && !button.closest(".sr-only") && !button.matches(".cite"))
  .filter((button) => button.getBoundingClientRect().width < 24 || button.getBoundingClientRect().height < 24)
  .map((button) => button.outerHTML.slice(0, 80))"""


def fits(widget: Widget) -> None:
    widget.settle()
    assert widget.host.evaluate(OUT) == []
    assert widget.host.evaluate(SMALL) == []


# A mark stands in a line of text, where what is pressed may be smaller (WCAG 2.5.5, inline).
TOUCH = """(host) => Array.from(host.shadowRoot.querySelectorAll("button, input"))
  .filter((one) => one.getClientRects().length && !one.closest(".sr-only") && !one.matches(".cite, .search input"))
  .filter((one) => one.getBoundingClientRect().width < 43.5 || one.getBoundingClientRect().height < 43.5)
  .map((one) => one.outerHTML.slice(0, 80))"""


def walk(widget: Widget) -> None:
    """Through the states that a reader sees, each of which must fit."""
    expect(widget.by("suggestion")).to_have_count(4)
    fits(widget)
    for question in ("LLMs 背景下的位置编码是什么？", "静态词嵌入与上下文词嵌入有何区别？", "解释层归一化和残差连接"):
        widget.ask(question)
        fits(widget)
    widget.cite(1).click()
    expect(widget.popover.get_by_test_id("open-in-outline")).to_be_in_viewport()
    fits(widget)
    widget.by("open-in-outline").click()
    expect(widget.reader.locator("mark").first).to_be_visible()
    fits(widget)
    widget.page.keyboard.press("Escape")
    widget.by("outline-toggle").click()
    expect(widget.by("entry").first).to_be_visible()
    fits(widget)
    widget.page.keyboard.press("Escape")
    expect(widget.composer).to_be_in_viewport()


@pytest.mark.parametrize("size", PHONES, ids=lambda size: f"{size['width']}")
def test_a_phone(visit: Visit, size: ViewportSize) -> None:
    widget = visit(viewport=size, has_touch=True, is_mobile=True, device_scale_factor=2)
    assert widget.focused() == ""  # no keyboard over the suggestions
    walk(widget)
    assert widget.host.evaluate(TOUCH) == []
    for pane in ("outline-toggle", "chats-toggle", "menu"):
        widget.by(pane).tap()
        widget.settle()
        assert widget.host.evaluate(TOUCH) == []
        widget.page.keyboard.press("Escape")


@pytest.mark.parametrize("size", PHONES, ids=lambda size: f"{size['width']}")
def test_a_phones_panel_covers_the_host(live: Live, visit: Visit, sites: Sites, size: ViewportSize) -> None:
    page = host_page(f"{live.url}/widget.js", body="<p>" + "<br>".join("long" for _ in range(200)) + "</p>")
    widget = visit(sites.add("/phone", page), viewport=size, has_touch=True, is_mobile=True)
    widget.by("launcher").tap()
    box = widget.panel.bounding_box()
    assert box
    seen = (box["x"], box["y"], box["width"], box["height"])
    assert [*map(round, seen)] == [0, 0, size["width"], size["height"]]
    expect(widget.by("launcher")).to_be_hidden()
    walk(widget)
    assert widget.page.evaluate("scrollY") == 0  # the page below has stayed where it was
    widget.by("close").tap()
    expect(widget.by("launcher")).to_be_visible()


def test_twice_the_size(visit: Visit) -> None:
    """What zooming to 200 % makes of a window of 1280 by 800."""
    walk(visit(viewport={"width": 640, "height": 400}, device_scale_factor=2))


def test_the_citation_fits_at_twice_the_size(visit: Visit) -> None:
    """The card lies within the window and not over its own mark."""
    widget = visit(viewport={"width": 640, "height": 400}, device_scale_factor=2)
    body = widget.ask("LLMs 与传统统计语言模型的主要区别是什么？")
    for citation in body["citations"]:
        widget.cite(citation["n"]).click()
        expect(widget.popover.locator(".stars")).to_be_visible()
        widget.settle()
        card, mark = widget.popover.bounding_box(), widget.cite(citation["n"]).bounding_box()
        assert card
        assert mark
        assert card["y"] >= 0
        assert card["y"] + card["height"] <= 400
        assert card["y"] + card["height"] <= mark["y"] + 1 or card["y"] >= mark["y"] + mark["height"] - 1
        expect(widget.by("open-in-outline")).to_be_in_viewport(ratio=1)
        widget.page.keyboard.press("Escape")


def test_four_times_the_size(visit: Visit) -> None:
    """WCAG 1.4.10: 320 by 256."""
    widget = visit(viewport={"width": 320, "height": 256}, device_scale_factor=4)
    expect(widget.composer).to_be_in_viewport()
    widget.ask("什么是 QLoRA？")
    fits(widget)
    expect(widget.cite(1)).to_be_visible()


def test_a_phone_held_sideways(visit: Visit) -> None:
    walk(visit(viewport={"width": 740, "height": 340}, has_touch=True, is_mobile=True))


def test_wide_tables_and_programs_scroll_in_their_frames(visit: Visit) -> None:
    widget = visit(viewport=PHONES[0])
    widget.ask("LLMs 背景下的位置编码是什么？")
    program = widget.text.locator("pre").first
    assert program.evaluate("(pre) => pre.scrollWidth > pre.clientWidth && pre.tabIndex === 0")
    program.focus()
    widget.page.keyboard.press("ArrowRight")
    widget.until(lambda: program.evaluate("(pre) => pre.scrollLeft") > 0)


def test_the_thread_stays_where_the_reader_is(live: Live, widget: Widget) -> None:
    """An answer that grows must not pull the text away from somebody who reads further up."""
    widget.ask("什么是 QLoRA？")
    widget.ask("LLMs 与传统统计语言模型的主要区别是什么？")
    live.pace.most = 3  # a heading, a label that waits for what stands below it, and that
    widget.submit("解释层归一化和残差连接")
    expect(widget.cite(1)).to_be_visible()
    thread = widget.host.locator(".thread")
    thread.evaluate("(element) => element.scrollTo({ top: 0, behavior: 'instant' })")
    jump = widget.host.get_by_role("button", name="回到最新")
    expect(jump).to_be_visible()
    live.pace.release()
    widget.reaches("done")
    assert thread.evaluate("(element) => element.scrollTop") == 0
    jump.click()
    expect(jump).to_be_hidden()
    expect(widget.answer.get_by_test_id("thumb-up")).to_be_in_viewport()
