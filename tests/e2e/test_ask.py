"""Ask, watch the answer come, ask on."""

import json

from playwright.sync_api import expect

from tests.e2e.live import Live
from tests.e2e.visit import Visit
from tests.e2e.widget import Widget, plain

LISTS = "LLMs 与传统统计语言模型的主要区别是什么？"


def test_an_answer_streams_in(live: Live, widget: Widget) -> None:
    live.pace.most = 1
    widget.submit(LISTS)
    widget.has_text()
    lengths = []
    for sentences in (3, 5, 8):
        before = len(plain(widget.text))
        lengths.append(before)
        live.pace.most = sentences
        widget.until(lambda before=before: len(plain(widget.text)) > before)  # type: ignore[misc]
        expect(widget.answer).to_have_attribute("data-phase", "streaming")
        expect(widget.answer).to_have_attribute("aria-busy", "true")
        expect(widget.by("stop")).to_be_visible()
    assert lengths == sorted(set(lengths))
    expect(widget.cite(1)).to_be_visible()  # checked citations come with the text, not at the end
    live.pace.release()
    widget.reaches("done")
    expect(widget.answer).to_have_attribute("aria-busy", "false")
    expect(widget.by("stop")).to_be_hidden()
    assert len(plain(widget.text)) > lengths[-1]


def test_the_answer_is_what_the_service_said(widget: Widget) -> None:
    body = widget.ask(LISTS)
    assert body["status"] == "answered"
    marks = widget.text.locator("[data-test=cite]")
    assert sorted({int(n) for n in marks.all_inner_texts()}) == sorted({c["n"] for c in body["citations"]})
    expect(widget.text.locator("li")).not_to_have_count(0)
    assert "**" not in plain(widget.text)


def test_a_follow_up_is_understood(widget: Widget) -> None:
    first = widget.ask("什么是 QLoRA？")
    with widget.page.expect_request("**/v1/ask") as request:
        second = widget.ask("它和 LoRA 有什么区别？")
    sent = json.loads(request.value.post_data or "")
    assert [message["role"] for message in sent["history"]] == ["user", "assistant"]
    assert sent["history"][0]["content"] == "什么是 QLoRA？"
    assert sent["history"][1]["content"] == first["answer"]
    assert "QLoRA" in second["query"]
    assert second["status"] == "answered"
    assert "5.4" in {citation["entry_id"] for citation in second["citations"]}
    expect(widget.messages).to_have_count(4)


def test_suggested_questions_are_asked(widget: Widget) -> None:
    suggestions = widget.by("suggestion")
    expect(suggestions).to_have_count(4)
    question = suggestions.first.inner_text().strip()
    suggestions.first.click()
    widget.reaches("done")
    expect(widget.messages.first).to_contain_text(question)
    expect(widget.answer).to_have_attribute("data-status", "answered")
    expect(suggestions.first).to_be_hidden()


def test_code_and_formulas_are_set(widget: Widget) -> None:
    """What needs the parts that are loaded late."""
    widget.ask("LLMs 背景下的位置编码是什么？")
    program = widget.text.locator(".program").first
    expect(program.locator(".hljs-keyword").first).to_be_visible()
    widget.ask("位置编码的数学公式")
    expect(widget.text.locator("math").first).to_be_visible()
    assert "10000" in plain(widget.text)


def test_answers_and_code_are_copied(visit: Visit) -> None:
    widget = visit(permissions=["clipboard-read", "clipboard-write"])
    body = widget.ask("LLMs 背景下的位置编码是什么？")
    read = "() => navigator.clipboard.readText()"
    widget.text.get_by_test_id("copy-code").first.click()
    widget.until(lambda: "def positional_encoding" in widget.page.evaluate(read))
    assert "```" not in widget.page.evaluate(read)
    widget.answer.get_by_test_id("copy-answer").click()
    widget.until(lambda: body["answer"] in widget.page.evaluate(read))
    assert body["citations"][0]["heading_path"][1] in widget.page.evaluate(read)


def test_what_an_answer_needs_is_loaded_while_the_question_is_written(widget: Widget) -> None:
    loaded: list[str] = []
    widget.page.on("request", lambda request: loaded.append(request.url))
    with widget.page.expect_request("**/widget/markdown-*.js"):
        widget.composer.press_sequentially("什")
    widget.page.wait_for_load_state("networkidle")
    loaded.clear()
    widget.ask("什么是自注意力机制？")
    scripts = [url for url in loaded if url.endswith(".js")]
    assert not [url for url in scripts if "/highlight-" not in url and "/temml-" not in url]
