"""Everything without a mouse, and input methods."""

from playwright.sync_api import expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Visit
from tests.e2e.widget import Widget

QUESTION = "什么是 QLoRA？"


def tab_to(widget: Widget, test: str, key: str = "Tab") -> None:
    for _ in range(80):
        widget.page.keyboard.press(key)
        if widget.focused() == test:
            return
    raise AssertionError(f"{key} does not reach {test!r}")


def test_from_the_launcher_to_the_outline_and_back(live: Live, visit: Visit, sites: Sites) -> None:
    widget = visit(sites.add("/keys", host_page(f"{live.url}/widget.js")))
    press = widget.page.keyboard.press
    expect(widget.by("launcher")).to_be_visible()
    tab_to(widget, "launcher")
    press("Enter")
    expect(widget.composer).to_be_focused()
    widget.page.keyboard.type("什么是")
    press("Shift+Enter")
    widget.page.keyboard.type("QLoRA？")
    expect(widget.composer).to_have_value("什么是\nQLoRA？")
    expect(widget.messages).to_have_count(0)
    press("Enter")
    widget.reaches("done")
    expect(widget.composer).to_be_focused()
    expect(widget.composer).to_have_value("")

    tab_to(widget, "cite", "Shift+Tab")
    expect(widget.popover).to_be_visible()
    press("Enter")
    expect(widget.popover).to_be_focused()
    press("Escape")
    expect(widget.popover).to_be_hidden()
    assert widget.focused() == "cite"
    press("Enter")
    tab_to(widget, "open-in-outline")
    press("Enter")
    expect(widget.reader).to_be_focused()
    expect(widget.reader.locator("mark").first).to_be_visible()
    press("Escape")
    expect(widget.reader).to_be_hidden()
    assert widget.focused() == "cite"  # where the reader left
    press("Escape")
    expect(widget.panel).to_be_hidden()
    assert widget.focused() == "launcher"
    press("Enter")
    expect(widget.composer).to_be_focused()
    expect(widget.messages).to_have_count(2)


def test_stop_and_retry(live: Live, widget: Widget) -> None:
    live.pace.most = 1
    expect(widget.composer).to_be_focused()
    widget.page.keyboard.type(QUESTION)
    widget.page.keyboard.press("Enter")
    widget.has_text()
    tab_to(widget, "stop")
    widget.page.keyboard.press("Enter")
    widget.reaches("stopped")
    expect(widget.composer).to_be_focused()
    live.pace.release()
    tab_to(widget, "copy-answer", "Shift+Tab")
    widget.page.keyboard.press("ArrowRight")
    assert widget.focused() == "retry"
    widget.page.keyboard.press("Enter")
    widget.reaches("done")
    expect(widget.composer).to_be_focused()


def test_the_outline(widget: Widget) -> None:
    press = widget.page.keyboard.press
    expect(widget.composer).to_be_focused()
    tab_to(widget, "outline-toggle", "Shift+Tab")
    press("Enter")
    expect(widget.by("outline-search")).to_be_focused()
    widget.page.keyboard.type("qlora")
    tab_to(widget, "entry-read")
    press("Enter")
    expect(widget.reader).to_be_focused()
    press("Escape")
    expect(widget.outline).to_be_visible()
    expect(widget.by("outline-search")).to_be_focused()
    expect(widget.by("outline-search")).to_have_value("qlora")
    tab_to(widget, "entry-ask")
    press("Enter")
    widget.reaches("done")


def test_feedback(widget: Widget) -> None:
    widget.ask(QUESTION)
    tab_to(widget, "copy-answer", "Shift+Tab")
    for _ in range(3):
        widget.page.keyboard.press("ArrowRight")
    assert widget.focused() == "thumb-down"
    widget.page.keyboard.press("Enter")
    expect(widget.by("feedback-comment")).to_be_focused()
    widget.page.keyboard.type("不对")
    widget.page.keyboard.press("Enter")
    expect(widget.by("feedback-note")).to_be_visible()
    expect(widget.by("thumb-down")).to_be_focused()  # the form is gone; the focus must not fall to the page


def test_an_answer_is_at_most_three_stops(widget: Widget) -> None:
    widget.ask("LLMs 与传统统计语言模型的主要区别是什么？")
    stops = '(answer) => answer.querySelectorAll(\'button:not([tabindex="-1"]), a[href], [tabindex="0"]\').length'
    assert widget.answer.evaluate(stops) <= 3
    tab_to(widget, "cite", "Shift+Tab")
    first = widget.host.evaluate("(host) => host.shadowRoot.activeElement.dataset.n")
    widget.page.keyboard.press("Escape")
    widget.page.keyboard.press("ArrowRight")
    assert widget.focused() == "cite"
    assert widget.host.evaluate("(host) => host.shadowRoot.activeElement.dataset.n") != first


def test_shortcuts(widget: Widget) -> None:
    press = widget.page.keyboard.press
    widget.ask(QUESTION)
    for keys in ("/", "Control+k"):
        widget.by("chats-toggle").focus()
        press(keys)
        expect(widget.composer).to_be_focused()
    expect(widget.composer).to_have_value("")
    press("/")
    expect(widget.composer).to_have_value("/")  # while writing it is a letter
    press("Backspace")
    press("ArrowUp")
    expect(widget.composer).to_have_value(QUESTION)
    press("Escape")
    expect(widget.composer).to_have_value("")
    widget.by("chats-toggle").focus()
    press("?")
    expect(widget.by("shortcuts-list")).to_be_visible()
    press("Escape")
    expect(widget.by("shortcuts-list")).to_be_hidden()


def test_the_menu(widget: Widget) -> None:
    press = widget.page.keyboard.press
    widget.by("menu").focus()
    press("Enter")
    assert widget.focused() == "lang-en"
    press("ArrowUp")
    assert widget.focused() == "shortcuts"
    press("Home")
    press("ArrowDown")
    assert widget.focused() == "theme"
    press("Escape")
    assert widget.focused() == "menu"
    expect(widget.by("theme")).to_be_hidden()


def test_a_phones_panel_keeps_the_focus(live: Live, visit: Visit, sites: Sites) -> None:
    page = host_page(f"{live.url}/widget.js", "data-open")
    widget = visit(sites.add("/trap", page), viewport={"width": 390, "height": 844})
    expect(widget.by("suggestion")).to_have_count(4)
    expect(widget.panel).to_have_attribute("aria-modal", "true")
    widget.composer.focus()
    for _ in range(30):
        widget.page.keyboard.press("Tab")
        assert widget.host.evaluate("(host) => host.shadowRoot.activeElement !== null")


def test_enter_that_picks_a_word_does_not_send(widget: Widget) -> None:
    expect(widget.composer).to_be_focused()
    session = widget.page.context.new_cdp_session(widget.page)
    session.send("Input.imeSetComposition", {"text": "wei tiao", "selectionStart": 8, "selectionEnd": 8})
    expect(widget.composer).to_have_value("wei tiao")
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    session.send("Input.insertText", {"text": "微调"})
    expect(widget.composer).to_have_value("微调")
    expect(widget.messages).to_have_count(0)
    widget.page.keyboard.press("Enter")
    expect(widget.messages).to_have_count(2)
    expect(widget.messages.first).to_contain_text("微调")


def test_enter_while_composing_does_not_send(widget: Widget) -> None:
    """As browsers tell it that give the key its own code."""
    expect(widget.composer).to_be_focused()
    session = widget.page.context.new_cdp_session(widget.page)
    session.send("Input.imeSetComposition", {"text": "qlora", "selectionStart": 5, "selectionEnd": 5})
    widget.page.keyboard.press("Enter")
    expect(widget.messages).to_have_count(0)
    assert widget.composer.input_value().startswith("qlora")
