"""Thumbs and comments reach the store."""

from playwright.sync_api import expect

from service.serve.store import Rated
from tests.e2e.live import Live
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget

QUESTION = "什么是 QLoRA？"


def rated(live: Live, answer_id: str) -> list[Rated]:
    with live.store() as store:
        return [one for rating in ("up", "down") for one in store.rated(rating) if one.answer_id == answer_id]


def forgotten(live: Live, answer_id: str) -> bool:
    """Take an answer out of the store; False while it is not there yet."""
    with live.store() as store, store._transaction() as connection:
        return bool(connection.execute("DELETE FROM asked WHERE id = ?", (answer_id,)).rowcount)


def test_up(live: Live, widget: Widget) -> None:
    body = widget.ask(QUESTION)
    widget.by("thumb-up").click()
    expect(widget.by("thumb-up")).to_have_attribute("aria-pressed", "true")
    widget.until(lambda: bool(rated(live, body["id"])))
    (one,) = rated(live, body["id"])
    assert (one.rating, one.question, one.comment) == ("up", QUESTION, None)
    widget.page.reload()
    expect(widget.by("thumb-up")).to_have_attribute("aria-pressed", "true")


def test_a_rating_can_be_taken_back(live: Live, widget: Widget) -> None:
    body = widget.ask(QUESTION)
    widget.by("thumb-up").click()
    widget.until(lambda: bool(rated(live, body["id"])))
    widget.by("thumb-up").click()
    expect(widget.by("thumb-up")).to_have_attribute("aria-pressed", "false")
    expect(widget.by("feedback-comment")).to_have_count(0)
    widget.until(lambda: not rated(live, body["id"]))
    widget.page.reload()
    expect(widget.by("thumb-up")).to_have_attribute("aria-pressed", "false")


def test_clicks_in_a_row_are_sent_once(live: Live, widget: Widget) -> None:
    body = widget.ask(QUESTION)
    sent: list[str] = []
    widget.page.on("request", lambda request: sent.append(request.url) if "feedback" in request.url else None)
    click = (
        "(host, names) => names.forEach((name) => host.shadowRoot.querySelector(`[data-test=thumb-${name}]`).click())"
    )
    widget.host.evaluate(click, ["up", "down", "up"])
    widget.until(lambda: [one.rating for one in rated(live, body["id"])] == ["up"])
    widget.page.wait_for_timeout(600)
    assert len(sent) == 1


def test_down_with_a_comment(live: Live, widget: Widget) -> None:
    body = widget.ask(QUESTION)
    widget.by("thumb-up").click()
    widget.by("thumb-down").click()
    expect(widget.by("thumb-down")).to_have_attribute("aria-pressed", "true")
    expect(widget.by("thumb-up")).to_have_attribute("aria-pressed", "false")
    widget.by("feedback-comment").fill("第二步说得不清楚。<b>x</b>")
    widget.by("feedback-send").click()
    expect(widget.by("feedback-note")).to_have_text("谢谢反馈。")
    widget.until(lambda: bool(rated(live, body["id"])))
    widget.page.wait_for_timeout(600)  # the rating does not come once more, without its comment
    (one,) = rated(live, body["id"])
    assert (one.rating, one.comment) == ("down", "第二步说得不清楚。<b>x</b>")


def test_the_comment_comes_into_view_with_its_buttons(widget: Widget) -> None:
    widget.ask("LLMs 与传统统计语言模型的主要区别是什么？")
    room = """(thumb) => {
      const thread = thumb.closest(".thread");
      const below = thread.getBoundingClientRect().bottom - thumb.getBoundingClientRect().bottom;
      thread.scrollTo({ top: thread.scrollTop + 80 - below, behavior: "instant" });
    }"""
    widget.by("thumb-down").evaluate(room)  # for the text, not for what is below it
    widget.by("thumb-down").click()
    expect(widget.by("feedback-send")).to_be_in_viewport(ratio=1)


def test_an_answer_that_was_forgotten(live: Live, widget: Widget, watch: Watch) -> None:
    watch.allow("status of 404")
    body = widget.ask(QUESTION)
    widget.until(lambda: forgotten(live, body["id"]))
    widget.by("thumb-down").click()
    expect(widget.by("feedback-note")).to_have_text("这条回答已过期，无法评价。")
    expect(widget.by("thumb-down")).to_have_attribute("aria-pressed", "false")
