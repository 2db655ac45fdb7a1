"""What can go wrong on the way to an answer, and how a reader gets out of it."""

from playwright.sync_api import expect

from service.settings import WidgetSettings
from tests.e2e.kept import keep, kept
from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Serve, Visit
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget, plain

QUESTION = "LLMs 与传统统计语言模型的主要区别是什么？"


def test_the_server_dies_in_mid_answer(serve: Serve, visit: Visit, watch: Watch) -> None:
    watch.allow("ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RE", "ERR_EMPTY_RESPONSE")
    live = serve()
    widget = visit(service=live)
    live.pace.most = 3
    widget.submit(QUESTION)
    expect(widget.cite(2)).to_be_visible()
    text = plain(widget.text)
    live.kill()
    widget.reaches("failed")
    expect(widget.errors).to_have_attribute("data-kind", "cut")
    assert plain(widget.text) == text
    widget.cite(1).click()
    expect(widget.popover).to_be_visible()
    widget.page.keyboard.press("Escape")

    widget.answer.get_by_test_id("retry").click()  # still dead
    expect(widget.errors).to_have_attribute("data-kind", "network")
    live.start()
    widget.answer.get_by_test_id("retry").click()
    widget.reaches("done")
    expect(widget.errors).to_have_count(0)
    assert len(plain(widget.text)) > len(text)


def test_offline(widget: Widget, watch: Watch) -> None:
    watch.allow("ERR_INTERNET_DISCONNECTED")
    widget.ask("什么是 QLoRA？")
    widget.page.context.set_offline(True)
    widget.submit(QUESTION)
    widget.reaches("failed")
    expect(widget.errors).to_have_attribute("data-kind", "offline")
    expect(widget.errors).to_contain_text("网络已断开")
    widget.page.context.set_offline(False)
    widget.answer.get_by_test_id("retry").click()
    widget.reaches("done")
    expect(widget.messages).to_have_count(4)


def test_the_outline_offline(widget: Widget, watch: Watch) -> None:
    watch.allow("ERR_INTERNET_DISCONNECTED")
    expect(widget.by("suggestion")).to_have_count(4)
    widget.by("outline-toggle").click()
    expect(widget.by("entry-read").first).to_be_visible()
    widget.page.context.set_offline(True)
    widget.by("entry-read").first.click()
    expect(widget.reader.get_by_test_id("error")).to_contain_text("网络已断开")
    widget.page.context.set_offline(False)
    widget.reader.get_by_test_id("retry").click()
    expect(widget.reader.locator(".reader-title")).to_be_visible()


def test_a_full_house(serve: Serve, visit: Visit, watch: Watch) -> None:
    watch.allow("status of 429")
    live = serve(in_flight=1)
    first, second = visit(service=live), visit(service=live)
    live.pace.most = 1
    first.submit(QUESTION)
    first.has_text()
    second.submit("什么是 QLoRA？")
    second.reaches("failed")
    expect(second.errors).to_have_attribute("data-kind", "busy")
    retry = second.answer.get_by_test_id("retry")
    expect(retry).to_be_enabled()  # after the second that the service asked for
    retry.click()
    expect(second.errors).to_have_attribute("data-kind", "busy")
    live.pace.release()
    first.reaches("done")
    expect(retry).to_be_enabled()
    retry.click()
    second.reaches("done")


def test_too_many_questions_of_one_visitor(serve: Serve, visit: Visit, sites: Sites, watch: Watch) -> None:
    watch.allow("status of 429")
    live = serve(widget=WidgetSettings(origins=[sites.origin], per_minute=1))
    widget = visit(sites.add("/hasty", host_page(f"{live.url}/widget.js", "data-open")), service=live)
    widget.ask("什么是 QLoRA？")
    widget.submit(QUESTION)
    widget.reaches("failed")
    expect(widget.errors).to_have_attribute("data-kind", "hasty")
    expect(widget.errors).to_contain_text("你问得太快了")  # not that others ask too much
    retry = widget.answer.get_by_test_id("retry")
    expect(retry).to_be_disabled()
    expect(retry).to_contain_text("秒后可重试")


def test_a_connection_that_dies_while_waiting(live: Live, widget: Widget, watch: Watch) -> None:
    """Dots for ever tell nobody anything."""
    watch.allow("ERR_INTERNET_DISCONNECTED", "ERR_ABORTED", "ERR_NETWORK_CHANGED")
    live.pace.most = 0
    widget.submit(QUESTION)
    widget.until(lambda: live.pace.open > 0)
    widget.page.context.set_offline(True)
    widget.reaches("failed")
    expect(widget.errors).to_have_attribute("data-kind", "offline")
    widget.page.context.set_offline(False)
    live.pace.release()


def test_a_service_that_says_nothing(widget: Widget) -> None:
    expect(widget.by("suggestion")).to_have_count(4)
    widget.page.clock.install()
    widget.page.route("**/v1/ask", lambda route: None)
    widget.submit(QUESTION)
    expect(widget.by("thinking")).to_have_text("正在查找原文")
    widget.page.clock.fast_forward(9_000)
    expect(widget.by("thinking")).to_have_text("还在等服务的回复…")
    widget.page.clock.fast_forward(12_000)
    widget.reaches("failed")
    expect(widget.errors).to_have_attribute("data-kind", "silent")
    widget.page.unroute_all()
    widget.answer.get_by_test_id("retry").click()
    widget.reaches("done")


def test_a_question_that_is_too_long_cannot_be_sent(widget: Widget) -> None:
    widget.composer.fill("问" * 1999)
    widget.page.keyboard.type("abc")
    assert widget.composer.input_value() == "问" * 1999 + "abc"  # nothing is cut without a word
    expect(widget.by("count")).to_have_text("最多 2000 个字，请删去 2 个。")
    expect(widget.by("send")).to_be_disabled()
    widget.composer.press("Enter")
    expect(widget.messages).to_have_count(0)
    widget.composer.press("Backspace")
    widget.composer.press("Backspace")
    expect(widget.by("count")).to_have_text("2000 / 2000")
    widget.composer.press("Enter")
    widget.reaches("done")


def test_a_conversation_longer_than_a_request_may_be(widget: Widget) -> None:
    """What is sent of it shrinks to what the service takes."""
    widget.ask("什么是 QLoRA？")
    (body,) = kept(widget)["bodies"]
    turns = [{**body["turns"][0], "id": f"t{i}", "text": "长" * 8000} for i in range(60)]
    keep(widget, {"heads": [], "bodies": [{**body, "turns": turns}]})
    widget.page.reload()
    expect(widget.messages).to_have_count(120)
    widget.submit(QUESTION)
    widget.reaches("done")
