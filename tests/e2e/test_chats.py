"""The list of conversations: none is lost, each can be found, named, pinned, deleted and brought back."""

import re

from playwright.sync_api import expect

from tests.e2e.kept import keep, kept
from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Visit
from tests.e2e.widget import Widget

FIRST, SECOND, THIRD = "什么是 QLoRA？", "什么是 RLHF？", "什么是 LoRA？"


def titles(widget: Widget) -> list[str]:
    return widget.host.locator(".chat-title").all_inner_texts()


def test_a_new_chat_keeps_the_old_one(widget: Widget) -> None:
    widget.ask(FIRST)
    text = widget.text.inner_text()
    widget.by("new-chat").click()
    expect(widget.messages).to_have_count(0)
    widget.ask(SECOND)
    widget.by("chats-toggle").click()
    expect(widget.host.locator(".chat-title")).to_have_text([SECOND, FIRST])
    expect(widget.host.locator("[aria-current=true] .chat-title")).to_have_text(SECOND)
    widget.by("chat-open").nth(1).click()
    expect(widget.messages.first).to_contain_text(FIRST)
    widget.until(lambda: widget.text.inner_text() == text)
    widget.page.reload()
    expect(widget.messages.first).to_contain_text(FIRST)
    assert widget.ask("它的显存占用怎么样？")["query"] != "它的显存占用怎么样？"


def test_two_tabs_do_not_erase_each_other(visit: Visit) -> None:
    one = visit()
    one.ask(FIRST)
    page = one.page.context.new_page()
    page.goto(one.service.url)
    other = Widget(page, one.service)
    expect(other.messages).to_have_count(2)
    other.ask(SECOND)
    expect(one.messages).to_have_count(4)  # shown here as well
    one.by("new-chat").click()
    one.ask(THIRD)
    expect(other.messages).to_have_count(4)
    page.reload()
    expect(other.messages).to_have_count(4)
    one.page.reload()
    expect(one.messages).to_have_count(2)
    questions = [[turn["question"] for turn in body["turns"]] for body in kept(one)["bodies"]]
    assert sorted(questions, key=len) == [[THIRD], [FIRST, SECOND]]


def test_two_widgets_of_a_page_do_not_erase_each_other(live: Live, visit: Visit, sites: Sites) -> None:
    boxes = "".join(
        f'<div style="height: 380px"><outline-qa id="{name}" mode="inline"></outline-qa></div>' for name in "ab"
    )
    widget = visit(sites.add("/two", host_page(f"{live.url}/widget.js", body=boxes)))
    for name, question in (("a", FIRST), ("b", SECOND)):
        box = widget.page.locator(f"#{name}")
        box.get_by_test_id("composer").fill(question)
        box.get_by_test_id("composer").press("Enter")
        expect(box.locator(".answer").last).to_have_attribute("data-phase", "done")
    widget.page.reload()
    for name, question in (("a", FIRST), ("b", SECOND)):
        expect(widget.page.locator(f"#{name}").locator(".question h3")).to_have_text([question])
    assert len(kept(widget)["bodies"]) == 2


def test_rename_pin_search_delete_and_undo(widget: Widget) -> None:
    for question in (FIRST, SECOND, THIRD):
        widget.by("new-chat").click()
        widget.ask(question)
    widget.by("chats-toggle").click()
    expect(widget.host.locator(".chat-title")).to_have_text([THIRD, SECOND, FIRST])
    last = widget.host.locator(".chat").nth(2)
    last.hover()
    last.get_by_test_id("chat-pin").click()
    expect(widget.host.locator(".chat-title")).to_have_text([FIRST, THIRD, SECOND])
    row = widget.host.locator(".chat").nth(1)
    row.hover()
    row.get_by_test_id("chat-rename").click()
    widget.by("chat-name").fill("面试准备")
    widget.by("chat-name").press("Enter")
    expect(widget.host.locator(".chat-title")).to_have_text([FIRST, "面试准备", SECOND])
    for words, found in (("面试", ["面试准备"]), ("lora", [FIRST, "面试准备"]), ("没有这样的", [])):
        widget.by("chats-search").fill(words)
        expect(widget.host.locator(".chat-title")).to_have_text(found)
    widget.by("chats-search").fill("")
    widget.host.locator(".chat").nth(1).hover()
    widget.host.locator(".chat").nth(1).get_by_test_id("chat-remove").click()
    expect(widget.host.locator(".chat-title")).to_have_text([FIRST, SECOND])
    expect(widget.messages).to_have_count(0)  # it was the one that is open
    widget.by("chat-undo").click()
    expect(widget.host.locator(".chat-title")).to_have_text([FIRST, "面试准备", SECOND])
    expect(widget.messages).to_have_count(2)
    widget.page.reload()
    widget.by("chats-toggle").click()
    expect(widget.host.locator(".chat-title")).to_have_text([FIRST, "面试准备", SECOND])


def test_delete_all_asks_again(widget: Widget) -> None:
    widget.ask(FIRST)
    widget.by("chats-toggle").click()
    expect(widget.host.locator(".chat-local")).to_contain_text("只保存在这个浏览器里")
    widget.by("chats-clear").click()
    assert titles(widget) == [FIRST]
    widget.by("chats-clear").click()
    expect(widget.host.locator(".chat-title")).to_have_count(0)
    expect(widget.messages).to_have_count(0)
    widget.page.reload()
    expect(widget.by("suggestion")).to_have_count(4)
    assert kept(widget) == {"heads": [], "bodies": []}


def test_a_draft_outlives_a_reload(widget: Widget) -> None:
    widget.composer.fill("半句没写完")
    widget.page.reload()
    expect(widget.composer).to_have_value("半句没写完")
    widget.composer.fill("")
    widget.ask(FIRST)
    widget.composer.fill("另一句")
    widget.by("new-chat").click()
    expect(widget.composer).to_have_value("")
    widget.by("chats-toggle").click()
    widget.by("chat-open").click()
    expect(widget.composer).to_have_value("另一句")


def test_an_edited_question_is_a_branch(widget: Widget) -> None:
    widget.ask(FIRST)
    widget.ask(SECOND)
    widget.messages.nth(2).hover()
    widget.messages.nth(2).get_by_test_id("edit").click()
    expect(widget.composer).to_have_value(SECOND)
    expect(widget.by("editing")).to_be_visible()
    widget.composer.fill(THIRD)
    widget.composer.press("Enter")
    expect(widget.host.locator(".question h3")).to_have_text([FIRST, THIRD])
    widget.reaches("done")
    widget.by("chats-toggle").click()
    expect(widget.by("chat-open")).to_have_count(2)
    widget.by("chat-open").nth(1).click()
    expect(widget.host.locator(".question h3")).to_have_text([FIRST, SECOND])
    widget.composer.focus()
    widget.page.keyboard.press("ArrowUp")
    expect(widget.composer).to_have_value(SECOND)
    widget.page.keyboard.press("Escape")
    expect(widget.composer).to_have_value("")


def test_an_earlier_version_s_conversation_is_taken_over(visit: Visit) -> None:
    widget = visit()
    widget.ask(FIRST)
    ((body,), server) = (kept(widget)["bodies"], widget.service.url)
    widget.by("chats-toggle").click()
    widget.by("chats-clear").click()
    widget.by("chats-clear").click()
    expect(widget.messages).to_have_count(0)
    old = [{**turn, "degraded": None} for turn in body["turns"]]
    move = "([key, turns]) => { sessionStorage.clear(); localStorage.setItem(key, JSON.stringify(turns)); }"
    widget.page.evaluate(move, [f"outline-qa:1:turns:{server}", old])
    widget.page.reload()
    expect(widget.messages).to_have_count(2)


def test_a_browser_without_a_database(visit: Visit) -> None:
    """As in some private windows: the conversation lasts as long as the page."""
    widget = visit()
    widget.page.context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    widget.page.reload()
    widget.ask(FIRST)
    widget.by("new-chat").click()
    widget.by("chats-toggle").click()
    expect(widget.host.locator(".chat-title")).to_have_text([FIRST])


def test_two_hundred_conversations(widget: Widget) -> None:
    widget.ask(FIRST)
    records = kept(widget)
    head, (turn,) = records["heads"][0], records["bodies"][0]["turns"]
    turns = [{**turn, "id": f"t{i}"} for i in range(20)]
    keep(
        widget,
        {
            "heads": [{**head, "id": f"c{i}", "title": f"对话 {i}", "updated": i} for i in range(200)],
            "bodies": [{"id": f"c{i}", "turns": turns} for i in range(200)],
        },
    )
    widget.by("chats-toggle").click()
    expect(widget.by("chat-open")).to_have_count(201)
    widget.by("chats-search").fill("对话 19")
    expect(widget.by("chat-open")).to_have_count(12)  # 19, 119, 190 to 199
    widget.by("chat-open").first.click()
    expect(widget.by("chat-open").first).to_have_attribute("aria-current", "true")
    expect(widget.messages).to_have_count(40)
    assert re.match(r"对话 1?19\d?$", titles(widget)[0])
