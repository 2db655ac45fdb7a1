"""The outline view."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.live import Live
from tests.e2e.widget import Widget


@pytest.fixture
def sections(live: Live) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{live.url}/v1/outline", trust_env=False).json()["sections"]
    return found


@pytest.fixture
def opened(widget: Widget) -> Widget:
    widget.by("outline-toggle").click()
    expect(widget.by("entry").first).to_be_visible()
    return widget


def test_twelve_sections_with_every_entry(opened: Widget, sections: list[dict[str, Any]]) -> None:
    assert len(sections) == 12
    expect(opened.outline.locator("h3")).to_have_text([f"{one['number']}{one['title']}" for one in sections])
    entries = [entry for section in sections for entry in section["entries"]]
    expect(opened.by("entry")).to_have_count(len(entries))
    expect(opened.host.locator(".found")).to_have_text(f"{len(entries)} 道题")
    answered = sum(entry["answered"] for entry in entries)
    expect(opened.outline.locator("[data-test=entry][data-answered=true]")).to_have_count(answered)
    first = opened.by("entry").first
    expect(first.locator(".stars")).to_have_attribute("aria-label", f"{entries[0]['stars']} 星（满分 5 星）")
    expect(first.locator(".badge")).to_have_text("有答案")
    expect(opened.by("outline-toggle")).to_have_attribute("aria-expanded", "true")


def test_filter_by_stars(opened: Widget, sections: list[dict[str, Any]]) -> None:
    stars = [entry["stars"] for section in sections for entry in section["entries"]]
    for least in (5, 4, 3, 0):
        button = opened.by("outline-stars").locator(f"[data-stars='{least}']")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(opened.by("entry")).to_have_count(sum(one >= least for one in stars))


def test_search_as_you_type(opened: Widget, sections: list[dict[str, Any]]) -> None:
    questions = [f"{entry['id']} {entry['question']}" for section in sections for entry in section["entries"]]
    search = opened.by("outline-search")
    for word in ("LORA", "lora 显存", "５.4", "没有这样的题"):
        search.fill("")
        search.press_sequentially(word)
        parts = word.lower().replace("５", "5").split()
        wanted = sum(all(part in one.lower() for part in parts) for one in questions)
        expect(opened.by("entry")).to_have_count(wanted)
    expect(opened.host.locator(".found")).to_have_text("没有符合的题目。")
    opened.host.get_by_role("button", name="清除搜索").click()
    expect(opened.by("entry")).to_have_count(len(questions))
    expect(search).to_be_focused()


def test_read_an_entry_and_go_back_to_the_place(opened: Widget) -> None:
    opened.by("outline-search").fill("qlora")
    entry = opened.by("entry").first
    question = entry.locator(".entry-question").text_content() or ""
    entry.get_by_test_id("entry-read").click()
    expect(opened.reader.locator(".reader-title")).to_have_text(question)
    expect(opened.reader.locator(".content")).not_to_be_empty()
    opened.by("reader-back").click()
    expect(opened.by("outline-search")).to_have_value("qlora")
    expect(opened.by("entry").first).to_be_visible()


def test_read_an_entry_without_an_answer(opened: Widget) -> None:
    opened.outline.locator("[data-test=entry][data-answered=false]").first.get_by_test_id("entry-read").click()
    expect(opened.reader).to_contain_text("还没有写答案")


def test_ask_from_the_list_and_from_the_entry(opened: Widget) -> None:
    opened.by("outline-search").fill("5.4")
    entry = opened.by("entry").first
    question = entry.locator(".entry-question").text_content() or ""
    entry.get_by_test_id("entry-ask").click()
    opened.reaches("done")
    expect(opened.messages.first).to_contain_text(question)
    expect(opened.outline).to_be_visible()  # there is room for both
    entry.get_by_test_id("entry-read").click()
    opened.by("reader-ask").click()
    expect(opened.messages).to_have_count(4)
    opened.reaches("done")


def test_the_place_in_a_long_list_is_kept(opened: Widget) -> None:
    entry = opened.outline.locator("[data-test=entry][data-id='11.3']")
    entry.scroll_into_view_if_needed()
    entry.get_by_test_id("entry-read").click()
    expect(opened.reader.locator(".reader-title")).to_be_visible()
    opened.by("reader-back").click()
    expect(entry).to_be_in_viewport()
