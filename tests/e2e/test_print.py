"""On paper: the whole conversation, and nothing that only a screen needs."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Visit
from tests.e2e.widget import Widget

QUESTIONS = ("什么是 QLoRA？", "LLMs 与传统统计语言模型的主要区别是什么？", "LLMs 背景下的位置编码是什么？")


def pages(page: Page, path: Path) -> int:
    """Print to a PDF and count its pages."""
    page.pdf(path=path)
    return len(re.findall(rb"/Type\s*/Page[^s]", path.read_bytes()))


def test_the_whole_conversation_is_printed(widget: Widget, tmp_path: Path) -> None:
    for question in QUESTIONS:
        widget.ask(question)
    widget.page.emulate_media(media="print")
    expect(widget.composer).to_be_hidden()
    expect(widget.by("menu")).to_be_hidden()
    assert widget.host.locator(".thread").evaluate("(thread) => thread.scrollHeight <= thread.clientHeight + 1")
    assert pages(widget.page, tmp_path / "chat.pdf") >= 3
    widget.page.emulate_media(media="screen")
    expect(widget.composer).to_be_visible()
    expect(widget.panel).to_be_in_viewport()


def test_a_host_s_page_is_printed_without_the_widget(live: Live, visit: Visit, sites: Sites, tmp_path: Path) -> None:
    widget = visit(sites.add("/paper", host_page(f"{live.url}/widget.js", "data-open")))
    for question in QUESTIONS:
        widget.ask(question)
    assert pages(widget.page, tmp_path / "host.pdf") == 1
    widget.page.evaluate("window.print = () => { window.printed = [...document.adoptedStyleSheets].length }")
    widget.menu("print")
    widget.until(lambda: widget.page.evaluate("window.printed") == 1)  # the page around is left out, once
    assert widget.page.evaluate("document.adoptedStyleSheets.length") == 0
    widget.page.evaluate("(host) => host.setAttribute('data-printing', '')", widget.host.element_handle())
    assert pages(widget.page, tmp_path / "chat.pdf") >= 3
