"""Stop, answer again, begin anew."""

import time

from playwright.sync_api import expect

from tests.e2e.live import Live
from tests.e2e.visit import Visit
from tests.e2e.widget import Widget

QUESTION = "LLMs 与传统统计语言模型的主要区别是什么？"


def hold(live: Live, widget: Widget, sentences: int = 3) -> str:
    """Ask, and let so many sentences come; return the text that is there."""
    live.pace.most = sentences
    widget.submit(QUESTION)
    expect(widget.cite(sentences - 1)).to_be_visible()
    expect(widget.answer).to_have_attribute("data-phase", "streaming")
    assert live.pace.open == 1
    return widget.text.inner_text()


def test_stop_ends_the_servers_work_and_keeps_what_came(live: Live, widget: Widget) -> None:
    text = hold(live, widget)
    widget.by("stop").click()
    began = time.monotonic()
    widget.until(lambda: live.pace.open == 0 and live.in_flight == 0)
    assert time.monotonic() - began < 1  # the contract's second
    widget.reaches("stopped")
    assert widget.text.inner_text() == text
    expect(widget.by("stopped")).to_be_visible()
    expect(widget.by("send")).to_be_visible()
    expect(widget.answer.get_by_test_id("retry")).to_be_visible()
    widget.cite(1).click()
    expect(widget.popover).to_be_visible()


def test_stop_before_the_first_word(live: Live, widget: Widget) -> None:
    live.pace.most = 0
    widget.submit(QUESTION)
    widget.until(lambda: live.pace.open == 1)
    expect(widget.answer).to_have_attribute("data-phase", "waiting")
    widget.by("stop").click()
    widget.reaches("stopped")
    widget.until(lambda: live.pace.open == 0)
    expect(widget.by("stopped")).to_have_text("已停止。")


def test_retry_asks_again_in_the_same_place(live: Live, widget: Widget) -> None:
    hold(live, widget)
    widget.by("stop").click()
    widget.reaches("stopped")
    live.pace.release()
    widget.answer.get_by_test_id("retry").click()
    widget.reaches("done")
    expect(widget.messages).to_have_count(2)
    expect(widget.by("stopped")).to_have_count(0)
    first = live.last()["id"]
    widget.answer.get_by_test_id("retry").click()
    widget.until(lambda: live.last()["id"] != first)
    widget.reaches("done")
    expect(widget.messages).to_have_count(2)


def test_one_question_at_a_time(live: Live, widget: Widget) -> None:
    hold(live, widget)
    widget.submit("什么是 LoRA？")
    expect(widget.messages).to_have_count(2)
    expect(widget.composer).to_have_value("什么是 LoRA？")  # kept for later
    live.pace.release()
    widget.reaches("done")
    widget.composer.press("Enter")
    expect(widget.messages).to_have_count(4)


def test_a_new_chat_ends_the_old_one(live: Live, widget: Widget) -> None:
    hold(live, widget)
    before = widget.by("suggestion").all_inner_texts()
    widget.by("new-chat").click()
    widget.until(lambda: live.pace.open == 0)
    expect(widget.messages).to_have_count(0)
    expect(widget.by("suggestion")).to_have_count(4)
    widget.until(lambda: widget.by("suggestion").all_inner_texts() != before)
    live.pace.release()
    widget.ask("什么是 LoRA？")
    expect(widget.messages).to_have_count(2)
    widget.page.reload()
    expect(widget.messages).to_have_count(2)


def test_leaving_the_page_ends_the_servers_work(live: Live, visit: Visit) -> None:
    widget = visit()
    hold(live, widget)
    widget.page.close()
    began = time.monotonic()
    while live.pace.open and time.monotonic() - began < 20:
        time.sleep(0.01)
    assert live.pace.open == 0
