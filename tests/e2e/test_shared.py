"""An answer by its address: read-only for others, the beginning of a conversation when they ask on."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.kept import kept
from tests.e2e.live import Live
from tests.e2e.visit import Visit
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget

QUESTION = "什么是 QLoRA？"


def test_an_answer_is_shared_by_its_link(live: Live, visit: Visit) -> None:
    widget = visit(permissions=["clipboard-read", "clipboard-write"])
    body = widget.ask(QUESTION)
    widget.answer.get_by_test_id("answer-link").click()
    link = str(widget.page.evaluate("navigator.clipboard.readText()"))
    assert link == f"{live.url}/#/a/{body['id']}"
    other = visit(link)
    expect(other.messages.first).to_contain_text(QUESTION)
    expect(other.by("shared")).to_contain_text(body["index_version"])
    expect(other.by("shared")).to_be_in_viewport(ratio=1)  # it is read from its beginning
    for test in ("edit", "retry", "thumb-up"):
        expect(other.by(test)).to_have_count(0)
    assert violations(other) == []
    other.cite(1).click()
    expect(other.popover.locator(".quote")).to_be_visible()
    other.by("open-in-outline").click()
    expect(other.reader.locator("mark").first).to_be_visible()
    other.by("outline-close").click()
    assert other.page.url == link
    assert kept(other)["heads"] == []  # nothing of it is kept until something is asked
    other.ask("它有什么缺点？")
    expect(other.messages).to_have_count(4)
    expect(other.by("carried")).to_contain_text(QUESTION)
    assert "#" not in other.page.url
    other.until(lambda: len(kept(other)["bodies"]) == 1 and len(kept(other)["bodies"][0]["turns"]) == 2)


def test_a_link_and_the_way_back_to_one_s_own_conversation(live: Live, widget: Widget) -> None:
    body = widget.ask(QUESTION)
    own = widget.ask("什么是位置编码？")
    widget.page.evaluate("(id) => { location.hash = `#/a/${id}` }", body["id"])
    expect(widget.messages).to_have_count(2)
    expect(widget.by("shared")).to_be_visible()
    widget.page.go_back()
    expect(widget.messages).to_have_count(4)
    expect(widget.messages.nth(2)).to_contain_text("什么是位置编码？")
    widget.page.evaluate("(id) => { location.hash = `#/a/${id}` }", own["id"])
    expect(widget.messages).to_have_count(2)
    widget.by("new-chat").click()
    expect(widget.by("suggestion").first).to_be_visible()
    assert "#/a/" not in widget.page.url


def test_an_answer_that_is_gone(visit: Visit, live: Live, watch: Watch) -> None:
    watch.allow("status of 404")
    widget = visit(f"{live.url}/#/a/a-0123456789abcdef")
    expect(widget.errors).to_contain_text("这个回答已不再保存")
    expect(widget.by("retry")).to_have_count(0)
    widget.submit(QUESTION)
    widget.reaches("done")
    expect(widget.messages).to_have_count(2)  # in the place of the failure


def test_what_a_follow_up_carries_over_can_be_taken_away(widget: Widget) -> None:
    widget.ask(QUESTION)
    expect(widget.by("carried")).to_have_count(0)
    body = widget.ask("它有什么缺点？")
    assert body["carried"] == [QUESTION]
    expect(widget.by("carried")).to_have_text(re.compile(re.escape(QUESTION)))
    assert violations(widget) == []
    widget.by("carried-remove").click()
    expect(widget.by("carried")).to_have_count(0)
    widget.reaches("done")
    assert widget.service.last()["carried"] == []
    expect(widget.messages).to_have_count(4)


def test_under_a_refusal_stands_what_is_nearest(widget: Widget) -> None:
    body = widget.ask("明天上海的天气怎么样？")
    nearest = sorted(body["related"], key=lambda one: not one["answered"])
    assert nearest
    expect(widget.answer.get_by_test_id("related").locator(".entry-question")).to_have_text(
        [one["question"] for one in nearest]
    )


@pytest.mark.parametrize("size", [(1280, 800), (390, 700)])
def test_the_way_to_the_latest_covers_and_moves_no_line(visit: Visit, size: tuple[int, int]) -> None:
    widget = visit(viewport={"width": size[0], "height": size[1]})
    for question in (QUESTION, "解释层归一化和残差连接"):
        widget.ask(question)
    thread = widget.host.locator(".thread")
    thread.evaluate("(element) => element.scrollTo({ top: 0, behavior: 'instant' })")
    jump = widget.host.get_by_role("button", name="回到最新")
    expect(jump).to_be_visible()
    text, button = thread.bounding_box(), jump.bounding_box()
    assert text
    assert button
    assert button["y"] >= text["y"] + text["height"]
    jump.click()
    expect(jump).to_be_hidden()
    assert thread.bounding_box() == text


def test_a_key_that_is_needed_is_said(visit: Visit, widget: Widget, watch: Watch) -> None:
    """As where the service's page stands without its proxy: the visitor is told whom to ask, the console why."""
    watch.allow("status of 401")
    lines: list[str] = []
    widget.page.on("console", lambda message: lines.append(message.text))
    problem = {"status": 401, "title": "Unauthorized", "detail": "A key is needed."}
    widget.page.route("**/v1/ask", lambda route: route.fulfill(status=401, json=problem))
    widget.submit(QUESTION)
    expect(widget.errors).to_contain_text("此处需要密钥，或密钥已过期")
    expect(widget.by("retry")).to_have_count(0)
    assert any("A key is needed." in line for line in lines)
