"""Each view of the service's own page has an address; Back and Forward go through them."""

import re
from urllib.parse import quote

import httpx
from playwright.sync_api import expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Visit
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget

QUESTION = "什么是 QLoRA？"


def hash_of(widget: Widget) -> str:
    return str(widget.page.evaluate("decodeURIComponent(location.hash)"))


def test_an_entry_has_an_address(live: Live, visit: Visit) -> None:
    entry = httpx.get(f"{live.url}/v1/entries/3.8", trust_env=False).json()
    widget = visit(f"{live.url}/#/e/3.8")
    expect(widget.reader.locator(".reader-title")).to_have_text(entry["question"])
    widget.page.reload()
    expect(widget.reader.locator(".reader-title")).to_have_text(entry["question"])
    widget.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    widget.by("reader-link").click()
    link = str(widget.page.evaluate("navigator.clipboard.readText()"))
    assert link == f"{live.url}/#/e/3.8?document={quote(entry['document'])}"
    expect(visit(link).reader.locator(".reader-title")).to_have_text(entry["question"])


def test_a_quote_has_an_address(visit: Visit, widget: Widget) -> None:
    body = widget.ask(QUESTION)
    widget.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    widget.cite(1).click()
    widget.by("popover-link").click()
    link = widget.page.evaluate("navigator.clipboard.readText()")
    citation = body["citations"][0]
    assert f"#/e/{citation['entry_id']}/{citation['start']}-{citation['end']}" in link
    other = visit(link)
    expect(other.reader.locator("mark").first).to_be_visible()
    marked = "".join(other.reader.locator("mark").all_inner_texts())
    bare = re.compile(r"[\W_]+")
    assert bare.sub("", marked) == bare.sub("", citation["quote"])


def test_back_and_forward(live: Live, visit: Visit) -> None:
    widget = visit()
    widget.by("outline-toggle").click()
    expect(widget.by("entry").first).to_be_visible()
    widget.by("entry-read").first.click()
    title = widget.reader.locator(".reader-title")
    expect(title).to_be_visible()
    assert hash_of(widget).startswith("#/e/1.1")
    widget.page.go_back()
    expect(widget.outline).to_be_visible()
    expect(widget.reader).to_be_hidden()
    assert hash_of(widget) == "#/outline"
    widget.page.go_forward()
    expect(title).to_be_visible()
    widget.page.go_back()
    widget.page.go_back()
    expect(widget.outline).to_be_hidden()
    assert widget.page.url == f"{live.url}/"
    assert widget.composer.is_visible()


def test_back_closes_the_sheet_of_a_citation(live: Live, visit: Visit) -> None:
    widget = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    widget.ask(QUESTION)
    before = widget.page.evaluate("history.length")
    for number in (1, 2):  # the second mark takes the step of the first
        widget.cite(number).tap()
        expect(widget.popover).to_be_visible()
    assert widget.page.evaluate("history.length") == before + 1
    widget.page.go_back()
    expect(widget.popover).to_be_hidden()
    expect(widget.messages).to_have_count(2)
    assert widget.page.url == f"{live.url}/"
    widget.cite(1).tap()
    widget.by("popover-close").tap()  # takes its step back by itself
    expect(widget.popover).to_be_hidden()
    widget.until(lambda: not widget.page.evaluate("history.state?.covered"))
    widget.cite(1).tap()
    widget.by("open-in-outline").tap()
    expect(widget.reader.locator("mark").first).to_be_in_viewport()
    widget.page.go_back()
    expect(widget.reader).to_be_hidden()
    expect(widget.text).to_be_visible()
    assert widget.page.url == f"{live.url}/"


def test_closing_is_a_step_back(live: Live, visit: Visit) -> None:
    widget = visit()
    for _ in range(3):
        widget.by("outline-toggle").click()
        widget.until(lambda: hash_of(widget) == "#/outline")
        expect(widget.outline).to_be_visible()  # it is loaded when it is first opened
        widget.by("outline-toggle").click()
        widget.until(lambda: hash_of(widget) == "")
    assert widget.page.evaluate("history.length") <= 3


def test_a_question_by_address_is_asked_once(live: Live, visit: Visit) -> None:
    widget = visit(f"{live.url}/?q={quote(QUESTION)}")
    widget.reaches("done")
    expect(widget.messages.first).to_contain_text(QUESTION)
    assert widget.page.url == f"{live.url}/"
    widget.page.reload()
    expect(widget.messages).to_have_count(2)


def test_an_address_that_names_nothing(live: Live, visit: Visit, watch: Watch) -> None:
    watch.allow("status of 404")
    widget = visit(f"{live.url}/#/e/99.9")
    expect(widget.reader.get_by_test_id("error")).to_contain_text("没有这一条")
    widget.page.keyboard.press("Escape")
    expect(visit(f"{live.url}/#section").composer).to_be_visible()


def test_in_another_page_only_when_asked_for(live: Live, visit: Visit, sites: Sites) -> None:
    for attributes, wanted in (("", ""), ("data-addresses", "#/outline")):
        widget = visit(sites.add("/hash", host_page(f"{live.url}/widget.js", f"data-open {attributes}")))
        widget.by("outline-toggle").click()
        expect(widget.by("entry").first).to_be_visible()
        assert hash_of(widget) == wanted


def test_through_the_citations_of_an_answer(widget: Widget) -> None:
    body = widget.ask("LLMs 与传统统计语言模型的主要区别是什么？")
    count = len(body["citations"])
    widget.cite(1).click()
    widget.by("open-in-outline").click()
    expect(widget.by("citation-place")).to_have_text(f"[1] 1 / {count}")
    expect(widget.by("citation-previous")).to_be_disabled()
    widget.by("citation-next").click()
    expect(widget.by("citation-place")).to_have_text(f"[2] 2 / {count}")
    expect(widget.reader.locator("mark").first).to_be_in_viewport()


def test_a_conversation_is_taken_along(live: Live, widget: Widget) -> None:
    body = widget.ask(QUESTION)
    with widget.page.expect_download() as waiting:
        widget.menu("export")
    text = waiting.value.path().read_text("utf-8")
    assert waiting.value.suggested_filename == "什么是-QLoRA-.md"
    assert f"## {QUESTION}\n\n{body['answer']}" in text
    for citation in body["citations"]:
        assert f"({live.url}/#/e/{citation['entry_id']}/{citation['start']}-{citation['end']}" in text


def test_ask_about_a_selected_text(widget: Widget) -> None:
    widget.ask(QUESTION)
    paragraph = widget.text.locator("p").first
    box = paragraph.bounding_box()
    assert box
    widget.page.mouse.move(box["x"] + 2, box["y"] + 8)
    widget.page.mouse.down()
    widget.page.mouse.move(box["x"] + 120, box["y"] + 10, steps=5)
    widget.page.mouse.up()
    expect(widget.by("ask-selection")).to_be_visible()
    widget.by("ask-selection").click()
    expect(widget.composer).to_have_value(re.compile("“.+”是什么意思？"))
