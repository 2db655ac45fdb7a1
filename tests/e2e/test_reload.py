"""A reload brings the conversation back."""

from playwright.sync_api import expect

from tests.e2e.kept import keep, kept
from tests.e2e.live import Live
from tests.e2e.visit import Visit
from tests.e2e.widget import Widget, plain

QUESTION = "LLMs 与传统统计语言模型的主要区别是什么？"


def test_the_conversation_and_its_citations_come_back(widget: Widget) -> None:
    widget.ask("什么是 QLoRA？")
    widget.ask(QUESTION)
    shown = [plain(one) for one in widget.by("answer").all()]
    widget.page.reload()
    expect(widget.messages).to_have_count(4)
    expect(widget.cite(1)).to_be_visible()
    expect(widget.text).to_be_in_viewport()
    widget.until(lambda: [plain(one) for one in widget.by("answer").all()] == shown)
    widget.cite(1).click()
    expect(widget.popover).to_be_visible()
    widget.by("open-in-outline").click()
    expect(widget.reader.locator("mark").first).to_be_visible()
    body = widget.ask("它的显存占用怎么样？")
    assert body["query"] != "它的显存占用怎么样？"  # the history goes with the next question
    expect(widget.messages).to_have_count(6)


def test_a_reload_in_mid_answer_keeps_what_came(live: Live, widget: Widget) -> None:
    live.pace.most = 3
    widget.submit(QUESTION)
    expect(widget.cite(2)).to_be_visible()
    text = plain(widget.text)
    widget.page.reload()
    widget.until(lambda: live.pace.open == 0)
    widget.reaches("stopped")
    widget.until(lambda: plain(widget.text) == text)
    widget.cite(2).click()
    expect(widget.popover).to_be_visible()
    widget.page.keyboard.press("Escape")
    live.pace.release()
    widget.answer.get_by_test_id("retry").click()
    widget.reaches("done")
    assert len(plain(widget.text)) > len(text)


def test_a_spoilt_store_is_forgotten(visit: Visit) -> None:
    widget = visit()
    widget.ask("什么是 QLoRA？")
    records = kept(widget)
    spoilt = [{**body, "turns": [{"id": 1}, 2, None]} for body in records["bodies"]]
    keep(widget, {"heads": [*records["heads"], {"id": "x", "title": 3}], "bodies": spoilt})
    widget.page.evaluate(
        "for (const key of Object.keys(localStorage)) localStorage.setItem(key, '[{\"id\": 1}, 2, null]')"
    )
    widget.page.reload()
    expect(widget.by("suggestion")).to_have_count(4)
    expect(widget.messages).to_have_count(0)
    widget.ask("什么是 QLoRA？")
