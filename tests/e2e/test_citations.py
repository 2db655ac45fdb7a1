"""A citation shows its quote, and the outline view marks exactly that."""

import re

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.e2e.live import Live
from tests.e2e.visit import Visit
from tests.e2e.widget import Widget, plain

KINDS = {
    "sentences": ("什么是 QLoRA？", r"[。！]$"),
    "list items": ("LLMs 与传统统计语言模型的主要区别是什么？", r"^\s*[-*] "),
    "code": ("LLMs 背景下的位置编码是什么？", r"^```python"),
    "a table": ("静态词嵌入与上下文词嵌入有何区别？", r"^\|"),
    "formulas": ("位置编码的数学公式", r"\$\$"),
    "a sentence in English": ("What is gradient checkpointing?", r"[。）]$"),
}
SENTENCE = KINDS["sentences"][0]
SIGNS = re.compile(r"[\s*`|$#>\-—:：]")
MARKED = "(reader) => reader.querySelectorAll('.content mark, .reader-title mark').length"
# What stands marked, and what stands before it.
SPLIT = """(reader) => {
  const text = (node) => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll?.("[data-chrome]").forEach((element) => element.remove());
    copy.querySelectorAll?.("[data-tex]").forEach((element) => element.replaceWith(element.dataset.tex));
    return copy.textContent;
  };
  const marks = Array.from(reader.querySelectorAll("mark"));
  const before = document.createRange();
  before.setStart(reader.querySelector(".content"), 0);
  before.setEndBefore(marks[0]);
  return { before: text(before.cloneContents()), marked: marks.map(text).join("") };
}"""


# Notes, when the first source comes, how many formulas of the answer are not set yet.
NOTED = """(host) => {
  host.late = null;
  const formulas = () => Array.from(host.shadowRoot.querySelectorAll(".answer .math"));
  const unset = () => formulas().filter((one) => !one.querySelector("math"));
  new MutationObserver(() => {
    if (host.late === null && host.shadowRoot.querySelector(".source")) host.late = unset().length;
  }).observe(host.shadowRoot, { childList: true, subtree: true });
}"""


def bare(text: str, markdown: bool = False) -> str:
    """Letters only: a quote is Markdown and the page shows it rendered."""
    if markdown:
        text = re.sub(r"^\s*(?:[-*+]|\d+\.)\s+", "", text, flags=re.MULTILINE)
        text = re.sub(r"^\s*```\w*", "", text, flags=re.MULTILINE)
    return SIGNS.sub("", text)


@pytest.mark.parametrize("kind", KINDS)
def test_every_quote_is_shown_and_found_in_the_outline(live: Live, widget: Widget, kind: str) -> None:
    question, pattern = KINDS[kind]
    citations = widget.ask(question)["citations"]
    assert any(re.search(pattern, citation["quote"]) for citation in citations)
    with httpx.Client(base_url=live.url, trust_env=False) as client:
        for citation in citations:
            widget.cite(citation["n"]).click()
            expect(widget.popover).to_be_visible()
            expect(widget.popover.locator(".crumbs li")).to_have_text(citation["heading_path"])
            quote = bare(citation["quote"], markdown=True)
            widget.until(lambda quote=quote: bare(plain(widget.quote)) == quote)  # type: ignore[misc]
            widget.by("open-in-outline").click()
            expect(widget.popover).to_be_hidden()
            entry = client.get(f"/v1/entries/{citation['entry_id']}").json()
            expect(widget.reader.locator(".reader-title")).to_have_text(entry["question"])
            widget.until(lambda: widget.reader.evaluate(MARKED) > 0)
            found = widget.reader.evaluate(SPLIT)
            assert bare(found["marked"]) == quote
            before = entry["text"][: citation["start"] - entry["start"]].partition("\n")[2]
            assert bare(found["before"]) == bare(before, markdown=True)
            expect(widget.reader.locator("mark").first).to_be_in_viewport()
            expect(widget.reader.locator(".marked")).to_have_count(0)


def test_hovering_shows_the_quote_for_as_long_as_the_mouse_stays(widget: Widget) -> None:
    (citation, *_) = widget.ask(SENTENCE)["citations"]
    widget.cite(1).hover()
    expect(widget.popover).to_be_visible()
    expect(widget.cite(1)).to_have_attribute("aria-expanded", "true")
    assert bare(plain(widget.quote)) == bare(citation["quote"], markdown=True)
    expect(widget.popover.locator(".stars")).to_be_visible()
    expect(widget.popover.locator(".around").last).to_be_visible()  # the words around it
    widget.popover.hover()  # the mouse may go into it
    widget.page.wait_for_timeout(400)  # longer than a left mark takes to close it
    expect(widget.popover).to_be_visible()
    widget.composer.hover()
    expect(widget.popover).to_be_hidden()
    expect(widget.cite(1)).to_have_attribute("aria-expanded", "false")


def test_focus_shows_the_quote(widget: Widget) -> None:
    citations = widget.ask(SENTENCE)["citations"]
    widget.composer.focus()
    for _ in range(60):
        widget.page.keyboard.press("Shift+Tab")
        if widget.focused() == "cite":
            break
    number = int(widget.host.evaluate("(host) => host.shadowRoot.activeElement.dataset.n"))
    expect(widget.popover).to_be_visible()
    quote = next(one["quote"] for one in citations if one["n"] == number)
    assert bare(plain(widget.quote)) == bare(quote, markdown=True)


def test_a_tap_shows_the_quote_above_the_fold(visit: Visit) -> None:
    widget = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    (citation, *_) = widget.ask(SENTENCE)["citations"]
    widget.cite(1).tap()
    expect(widget.popover).to_be_visible()
    widget.settle()
    assert bare(plain(widget.quote)) == bare(citation["quote"], markdown=True)
    sheet, mark = widget.popover.bounding_box(), widget.cite(1).bounding_box()
    assert sheet
    assert mark
    assert round(sheet["x"]) == 0
    assert round(sheet["width"]) == 390
    assert mark["y"] + mark["height"] <= sheet["y"]
    widget.by("open-in-outline").tap()
    expect(widget.reader.locator("mark").first).to_be_in_viewport()
    widget.by("reader-back").tap()
    expect(widget.reader).to_be_hidden()
    expect(widget.text).to_be_visible()


def test_the_sources_below_lead_into_the_outline(widget: Widget) -> None:
    body = widget.ask(SENTENCE)
    sources = widget.answer.locator(".source")
    entries = list(dict.fromkeys(citation["entry_id"] for citation in body["citations"]))
    expect(sources.locator(".entry-id")).to_have_text(entries)
    sources.first.click()
    expect(widget.reader.locator(".entry-id")).to_have_text(entries[0])


def test_what_stands_below_comes_when_the_answer_is_in_place(widget: Widget) -> None:
    held: list[Route] = []
    widget.page.route("**/temml-*.js", lambda route: held.append(route))
    widget.composer.wait_for()
    widget.host.evaluate(NOTED)
    widget.submit(KINDS["formulas"][0])
    widget.until(lambda: bool(held))
    widget.page.wait_for_timeout(300)
    held[0].continue_()
    expect(widget.answer.locator(".source").first).to_be_visible()
    assert widget.host.evaluate("(host) => host.late") == 0


def test_a_citation_can_be_read_while_the_answer_comes(live: Live, widget: Widget) -> None:
    live.pace.most = 2
    widget.submit(SENTENCE)
    widget.cite(1).click()
    expect(widget.popover).to_be_visible()
    shown = plain(widget.quote)
    live.pace.release()
    widget.reaches("done")
    expect(widget.popover).to_be_visible()
    assert plain(widget.quote) == shown
    expect(widget.cite(1)).to_have_attribute("aria-expanded", "true")


def test_a_mark_never_begins_a_line(widget: Widget) -> None:
    question, _ = KINDS["formulas"]
    widget.ask(question)
    # A mark below a program or a formula stands alone; any other has text to its left.
    alone = """(answer) => Array.from(answer.querySelectorAll(".cite")).filter((mark) => {
      if (mark.closest(".marks")) return false;
      const block = mark.closest("p, li, h4, td").getBoundingClientRect();
      return mark.getBoundingClientRect().left - block.left < 8;
    }).map((mark) => mark.dataset.n)"""
    for width in range(320, 1100, 60):
        widget.page.set_viewport_size({"width": width, "height": 800})
        assert widget.text.evaluate(alone) == []


def test_the_quote_does_not_cover_its_mark(widget: Widget) -> None:
    question, _ = KINDS["list items"]
    body = widget.ask(question)
    for height in (560, 800):
        widget.page.set_viewport_size({"width": 1100, "height": height})
        for citation in body["citations"][::3]:
            widget.cite(citation["n"]).click()
            expect(widget.popover.locator(".around").first).to_be_attached()
            widget.settle()
            popover, mark = widget.popover.bounding_box(), widget.cite(citation["n"]).bounding_box()
            assert popover
            assert mark
            assert popover["y"] + popover["height"] <= mark["y"] or popover["y"] >= mark["y"] + mark["height"]
            assert popover["y"] >= 0
            assert popover["y"] + popover["height"] <= height
            expect(widget.by("open-in-outline")).to_be_in_viewport(ratio=1)
            widget.page.keyboard.press("Escape")
