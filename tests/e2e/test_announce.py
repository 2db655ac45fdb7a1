"""What a screen reader hears, and reduced motion."""

from itertools import pairwise

from playwright.sync_api import expect

from tests.e2e.live import Live
from tests.e2e.visit import Visit
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget

QUESTION = "LLMs 与传统统计语言模型的主要区别是什么？"
LISTEN = """(live) => {
  window.said = [];
  new MutationObserver(() => live.textContent && window.said.push(live.textContent))
    .observe(live, { childList: true, characterData: true, subtree: true });
}"""


def test_a_finished_answer_is_announced_once(live: Live, widget: Widget) -> None:
    widget.live.evaluate(LISTEN)
    live.pace.most = 2
    widget.submit(QUESTION)
    expect(widget.cite(1)).to_be_visible()
    live.pace.most = 4
    expect(widget.cite(3)).to_be_visible()
    assert widget.page.evaluate("window.said") == []
    live.pace.release()
    widget.reaches("done")
    widget.until(lambda: len(widget.page.evaluate("window.said")) > 0)
    widget.settle()
    (said,) = widget.page.evaluate("window.said")
    # Short: who wants more reads it.
    sources = len(live.last()["citations"])
    assert said == f"回答完毕，有答案，{sources} 处出处。"
    # Nothing else around the answer speaks.
    regions = "(element) => element.closest('[aria-live], [role=status], [role=log], [role=alert]')"
    assert widget.text.evaluate(regions) is None


def test_a_short_answer_is_said_whole_with_its_status(widget: Widget) -> None:
    widget.ask("明天上海的天气怎么样？")
    expect(widget.live).to_contain_text("回答完毕：文档里没有")


def test_stopping_and_failing_are_announced(live: Live, widget: Widget, watch: Watch) -> None:
    watch.allow("ERR_INTERNET_DISCONNECTED")
    live.pace.most = 2
    widget.submit(QUESTION)
    expect(widget.cite(1)).to_be_visible()
    widget.by("stop").click()
    expect(widget.live).to_contain_text("已停止")
    live.pace.release()
    widget.page.context.set_offline(True)
    widget.answer.get_by_test_id("retry").click()
    expect(widget.live).to_contain_text("网络已断开")


def test_a_restored_conversation_says_nothing(widget: Widget) -> None:
    widget.ask(QUESTION)
    widget.page.reload()
    expect(widget.cite(1)).to_be_visible()
    expect(widget.live).to_be_empty()


def test_the_conversation_has_a_structure(widget: Widget) -> None:
    widget.ask(QUESTION)
    levels = "(host) => Array.from(host.shadowRoot.querySelectorAll('h1, h2, h3, h4'), (one) => Number(one.tagName[1]))"
    found = [level for level in widget.host.evaluate(levels) if level]
    assert found[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(found))
    expect(widget.panel.get_by_role("heading", name=f"你问：{QUESTION}")).to_have_count(1)
    expect(widget.cite(1)).to_have_accessible_name("引用 1")


def test_reduced_motion(live: Live, visit: Visit) -> None:
    for motion, moves in (("no-preference", True), ("reduce", False)):
        widget = visit(reduced_motion=motion)
        live.pace.most = 0
        widget.submit(QUESTION)
        expect(widget.answer).to_have_attribute("data-phase", "waiting")
        widget.until(lambda: live.pace.open > 0)
        assert (widget.animations() > 0) == moves
        live.pace.release()
        widget.reaches("done")
        widget.cite(1).click()
        expect(widget.popover).to_be_visible()
        assert moves or widget.animations() == 0
