"""Answers, passages and questions are hostile input; `watch` fails a test in which any of it runs or asks elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ingest.__main__ import ensure
from ingest.models.embedder import Embedder
from service.settings import ServiceSettings
from tests.e2e.kept import keep, kept
from tests.e2e.live import Live
from tests.e2e.visit import Visit
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget, plain

STRINGS = [
    "<img src=x onerror=\"window.hacked='img'\">",
    "<script>window.hacked='script'</script>",
    "\"><svg/onload=window.hacked='svg'>",
    "[点我](javascript:window.hacked='link')",
    "`</code><img src=x onerror=window.hacked=1>`",
    "${window.hacked='template'} {{constructor.constructor('window.hacked=1')()}}",
    "\u202e反过来的文字\u202c مرحبا",
]
BAD = "<img src=x onerror=window.hacked=1> [x](javascript:window.hacked=2) <b onclick=1>b</b> [1]"
WIDE = """(host) => Array.from(host.shadowRoot.querySelectorAll(".thread, .reader, .sections, .panel, .passage"))
  .filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => element.className)"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, settings: ServiceSettings, embedder: Embedder) -> Iterator[Live]:
    """A service over a small document that means harm."""
    folder = tmp_path_factory.mktemp("hostile")
    text = (Path(__file__).parent / "hostile.md").read_text("utf-8").replace("LONG", "超长" * 5000)
    (folder / "hostile.md").write_text(text, "utf-8")
    own = {"corpus": [folder / "hostile.md"], "index": folder / "index"}
    changed = settings.model_copy(update=own)
    ensure(changed, embedder)
    live = Live(changed, embedder)
    yield live
    live.stop()


@pytest.fixture
def widget(visit: Visit, hostile: Live) -> Widget:
    return visit(service=hostile)


@pytest.mark.parametrize("text", STRINGS)
def test_a_readers_own_words_stay_words(visit: Visit, live: Live, text: str) -> None:
    widget = visit()
    widget.ask(text)
    expect(widget.messages.first.locator("h3")).to_have_text(text)
    widget.page.reload()
    expect(widget.messages.first.locator("h3")).to_have_text(text)
    widget.by("outline-toggle").click()
    widget.by("outline-search").fill(text)
    expect(widget.host.locator(".found")).to_have_text("没有符合的题目。")


def test_markup_in_a_passage_is_taken_out_of_answers_and_shown_as_text_where_it_stands(widget: Widget) -> None:
    body = widget.ask("什么是图像注入？")
    assert body["status"] == "answered"
    for told in ("window.hacked='img'", "<script>", "javascript:window.hacked='link'"):
        expect(widget.text).not_to_contain_text(told)
    assert widget.host.evaluate("(host) => host.shadowRoot.querySelectorAll('img, iframe, script, style').length") == 0
    for link in widget.text.locator("a").all():
        assert (link.get_attribute("href") or "").startswith("http")
        assert "noopener" in (link.get_attribute("rel") or "")
    for citation in body["citations"]:
        widget.cite(citation["n"]).click()
        expect(widget.popover).to_be_visible()
        widget.by("open-in-outline").click()
        expect(widget.reader.locator("mark, .marked").first).to_be_visible()
    expect(widget.reader).to_contain_text("<script>window.hacked='script'</script>")
    assert widget.host.evaluate("(host) => host.shadowRoot.querySelectorAll('img, iframe, script, style').length") == 0


def test_an_endless_word_is_broken(widget: Widget) -> None:
    for width in (1280, 320):
        widget.page.set_viewport_size({"width": width, "height": 640})
        widget.ask("什么是超长字符串？")
        assert len(plain(widget.text)) > 1000
        assert widget.host.evaluate(WIDE) == []
        assert widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        widget.cite(1).click()
        expect(widget.popover).to_be_visible()
        widget.by("open-in-outline").click()
        expect(widget.reader.locator("mark, .marked").first).to_be_visible()
        widget.settle()
        assert widget.host.evaluate(WIDE) == []
        widget.page.keyboard.press("Escape")


def test_text_from_right_to_left(widget: Widget) -> None:
    widget.ask("什么是从右到左的文字？")
    paragraph = widget.text.locator("p", has_text="هذا نص من اليمين").first
    expect(paragraph).to_be_visible()
    assert paragraph.evaluate("(element) => getComputedStyle(element).direction") == "rtl"
    first = widget.text.locator("p", has_text="阿拉伯文").first
    assert first.evaluate("(element) => getComputedStyle(element).direction") == "ltr"
    assert widget.panel.evaluate("(element) => getComputedStyle(element).direction") == "ltr"


def test_a_broken_fence_ends_with_its_answer(widget: Widget) -> None:
    widget.ask("断开的围栏的代码怎么写？")
    expect(widget.text.locator("pre").first).to_contain_text("断开的围栏")
    expect(widget.answer.get_by_test_id("thumb-up")).to_be_visible()
    assert widget.answer.get_by_test_id("thumb-up").evaluate("(element) => element.closest('pre')") is None
    widget.ask("什么是图像注入？")
    expect(widget.messages).to_have_count(4)


def test_a_stored_conversation_is_hostile_too(visit: Visit, live: Live, watch: Watch) -> None:
    """Another script of the host's origin may have written it."""
    watch.allow("status of 404")  # there is no entry of such an id
    widget = visit()
    widget.ask("什么是 QLoRA？")
    records = kept(widget)
    (turn,) = records["bodies"][0]["turns"]
    citations = [{**one, "quote": BAD, "heading_path": [BAD], "entry_id": BAD} for one in turn["citations"]]
    related = [{"entry_id": BAD, "question": BAD, "stars": 5, "answered": True}]
    spoilt = {**turn, "question": BAD, "text": BAD, "citations": citations, "related": related, "lacks": [BAD]}
    bodies = [{**records["bodies"][0], "turns": [spoilt]}]
    keep(widget, {"heads": [{**records["heads"][0], "title": BAD, "questions": BAD}], "bodies": bodies})
    widget.page.reload()
    expect(widget.text).to_contain_text("onerror=window.hacked=1")
    widget.cite(1).click()
    expect(widget.popover).to_contain_text("onerror=window.hacked=1")
    widget.page.keyboard.press("Escape")
    widget.by("chats-toggle").click()
    expect(widget.by("chat-open")).to_contain_text("onerror=window.hacked=1")
    assert widget.host.evaluate("(host) => host.shadowRoot.querySelectorAll('img, b').length") == 0
