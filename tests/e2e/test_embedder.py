"""What a page's own scripts can do with the element, and what they hear of it."""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Visit
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget

QUESTION = "什么是 QLoRA？"
HEAR = """(names) => {
  window.heard = [];
  for (const name of names)
    document.addEventListener(`outline-qa:${name}`, (event) => window.heard.push([name, event.detail]));
}"""
NAMES = ["ready", "open", "close", "ask", "answer", "citation", "feedback", "error"]


def heard(widget: Widget) -> list[list[Any]]:
    found: list[list[Any]] = widget.page.evaluate("window.heard")
    return found


def names(widget: Widget) -> list[str]:
    return [name for name, _ in heard(widget)]


def test_methods(live: Live, visit: Visit, sites: Sites) -> None:
    widget = visit(sites.add("/methods", host_page(f"{live.url}/widget.js")))
    expect(widget.by("launcher")).to_be_visible()
    widget.host.evaluate("(host) => host.ask('先写着')")
    expect(widget.composer).to_have_value("先写着")
    expect(widget.messages).to_have_count(0)
    widget.host.evaluate(f"(host) => host.ask('{QUESTION}', {{ submit: true }})")
    widget.reaches("done")
    expect(widget.messages.first).to_contain_text(QUESTION)
    widget.host.evaluate("(host) => host.toggle()")
    expect(widget.panel).to_be_hidden()
    widget.host.evaluate("(host) => host.toggle()")
    expect(widget.panel).to_be_visible()
    widget.host.evaluate("(host) => host.clear()")
    expect(widget.messages).to_have_count(0)
    widget.host.evaluate("(host) => host.setLocale('en')")
    expect(widget.composer).to_have_attribute("placeholder", "Ask a question…")
    widget.host.evaluate("(host) => host.setLocale({ lang: 'de', placeholder: 'Frage stellen…' })")
    expect(widget.composer).to_have_attribute("placeholder", "Frage stellen…")
    expect(widget.by("send")).to_have_attribute("aria-label", "Send")  # what is missing stays English
    widget.host.evaluate("(host) => host.destroy()")
    expect(widget.host).to_have_count(0)
    widget.page.evaluate("document.body.append(document.createElement('p'))")
    widget.page.wait_for_timeout(200)
    expect(widget.host).to_have_count(0)  # and does not come back


@pytest.mark.parametrize("words", [False, True])
def test_events(live: Live, visit: Visit, sites: Sites, watch: Watch, words: bool) -> None:
    watch.allow("ERR_INTERNET_DISCONNECTED")
    attributes = 'data-events="text"' if words else ""
    widget = visit(sites.add("/events", host_page(f"{live.url}/widget.js", attributes)))
    expect(widget.by("launcher")).to_be_visible()
    widget.page.evaluate(HEAR, [name for name in NAMES if name != "ready"])  # which may come before or after
    widget.by("launcher").click()
    body = widget.ask(QUESTION)
    widget.cite(1).click()
    widget.page.keyboard.press("Escape")
    widget.by("thumb-up").click()
    widget.page.context.set_offline(True)
    widget.submit(QUESTION)
    widget.reaches("failed")
    widget.by("close").click()
    assert names(widget) == ["open", "ask", "answer", "citation", "feedback", "ask", "error", "close"]
    details = dict(reversed(heard(widget)))
    first = heard(widget)[1][1]
    assert first.get("question") == (QUESTION if words else None)
    assert details["answer"]["answerId"] == body["id"]
    assert details["answer"]["status"] == "answered"
    assert details["answer"]["citations"] == len(body["citations"])
    assert details["answer"].get("text") == (body["answer"] if words else None)
    assert details["citation"]["entry"] == body["citations"][0]["entry_id"]
    assert details["feedback"] == {"answerId": body["id"], "rating": "up"}
    assert details["error"]["kind"] == "offline"
    assert words or QUESTION not in json.dumps(heard(widget), ensure_ascii=False)


def test_own_suggestions_disclaimer_trigger_and_no_launcher(live: Live, visit: Visit, sites: Sites) -> None:
    attributes = (
        'data-suggestions="怎么报名？|有试听吗？" data-disclaimer="回答由机器给出。" '
        'data-trigger="#help" data-launcher="none"'
    )
    page = host_page(f"{live.url}/widget.js", attributes, body='<button id="help"><b>Help</b></button>')
    widget = visit(sites.add("/own", page))
    widget.page.locator("#help b").click()
    expect(widget.by("suggestion")).to_have_text(["怎么报名？", "有试听吗？"])
    expect(widget.by("disclaimer")).to_have_text("回答由机器给出。")
    expect(widget.by("launcher")).to_have_count(0)
    widget.page.locator("#help").click()
    expect(widget.panel).to_be_hidden()


def test_inside_a_box(live: Live, visit: Visit, sites: Sites) -> None:
    box = (
        '<div id="box" style="width: 700px; height: 500px; margin: 30px"><outline-qa mode="inline"></outline-qa></div>'
    )
    widget = visit(sites.add("/inline", host_page(f"{live.url}/widget.js", body=box)))
    expect(widget.panel).to_have_attribute("role", "region")
    assert widget.panel.bounding_box() == widget.page.locator("#box").bounding_box()
    widget.ask(QUESTION)
    widget.cite(1).click()
    expect(widget.popover).to_be_visible()
    assert widget.page.evaluate("location.hash") == ""  # the page's address is the page's


def test_parts_and_properties(live: Live, visit: Visit, sites: Sites) -> None:
    css = (
        "outline-qa { --outline-qa-accent: rgb(10, 90, 50); --outline-qa-width: 500px; --outline-qa-height: 600px;"
        " --outline-qa-offset-x: 48px; --outline-qa-offset-y: 60px; --outline-qa-radius: 4px;"
        " --outline-qa-font: Georgia }"
        " outline-qa::part(launcher) { border: 3px solid rgb(1, 2, 3) }"
        " outline-qa::part(question) { letter-spacing: 2px }"
    )
    widget = visit(sites.add("/parts", host_page(f"{live.url}/widget.js", "data-open", css)))
    expect(widget.panel).to_be_visible()
    widget.settle()
    box = widget.panel.bounding_box()
    assert box
    assert (box["width"], box["height"], box["x"] + box["width"]) == (500, 600, 1280 - 48)
    style = "(element, name) => getComputedStyle(element)[name]"
    assert widget.panel.evaluate(style, "borderRadius") == "4px"
    assert widget.panel.evaluate(style, "fontFamily").startswith("Georgia")
    assert widget.by("launcher").evaluate(style, "backgroundColor") == "rgb(10, 90, 50)"
    assert widget.by("launcher").evaluate(style, "borderTopColor") == "rgb(1, 2, 3)"
    widget.ask(QUESTION)
    assert widget.messages.first.evaluate(style, "letterSpacing") == "2px"


def test_a_language_of_the_page_s_own(live: Live, visit: Visit, sites: Sites) -> None:
    texts = {
        "lang": "fr",
        "name": "Français",
        "placeholder": "Posez une question…",
        "chats": {"title": "Conversations"},
    }
    sites.add("/fr.json", json.dumps(texts))
    widget = visit(sites.add("/french", host_page(f"{live.url}/widget.js", 'data-open data-texts="/fr.json"')))
    expect(widget.composer).to_have_attribute("placeholder", "Posez une question…")
    expect(widget.root).to_have_attribute("lang", "fr")
    widget.menu("lang-en")
    expect(widget.composer).to_have_attribute("placeholder", "Ask a question…")
