"""The widget as a reader meets it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.live import Live

# Text as it stands in the document: formulas by their source, without the buttons.
TEXT = """(root) => {
  const copy = root.cloneNode(true);
  copy.querySelectorAll("[data-chrome], .cite").forEach((element) => element.remove());
  copy.querySelectorAll("[data-tex]").forEach((element) => element.replaceWith(element.dataset.tex));
  return copy.textContent;
}"""
# Endless animations, as of the dots that say "searching", are not waited for.
SETTLE = """async (host) => {
  const finite = host.shadowRoot.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity);
  await Promise.all(finite.map((one) => one.finished.catch(() => null)));
}"""
RUNNING = "(host) => host.shadowRoot.getAnimations().filter((one) => one.playState === 'running').length"


class Widget:
    """Locators by `data-test`, and what a reader does; `page` is the browser's."""

    def __init__(self, page: Page, service: Live) -> None:
        self.page, self.service = page, service
        self.host = page.locator("outline-qa")
        self.root = self.host.locator(".root")
        self.panel = self.by("panel")
        self.composer = self.by("composer")
        self.messages = self.by("message")
        self.popover = self.by("popover")
        self.reader = self.by("reader")
        self.outline = self.by("outline")
        self.live = self.by("live")
        self.errors = self.by("error")
        self.answer = self.host.locator("[data-test=message][data-role=assistant]").last
        self.text = self.answer.get_by_test_id("answer")
        self.quote = self.popover.locator(".quote .content")

    def by(self, test: str) -> Locator:
        return self.host.get_by_test_id(test)

    def cite(self, n: int) -> Locator:
        """The first mark of that number in the newest answer."""
        return self.answer.locator(f"[data-test=cite][data-n='{n}']").first

    def menu(self, item: str) -> None:
        """Choose from the header's menu."""
        self.by("menu").click()
        self.by(item).click()

    def submit(self, question: str) -> None:
        self.composer.fill(question)
        self.composer.press("Enter")

    def ask(self, question: str) -> dict[str, Any]:
        """Ask, wait for the end and for all that is cited, and return what the service sent."""
        asked = self.messages.count()
        self.submit(question)
        expect(self.messages).to_have_count(asked + 2)
        self.reaches("done")
        body = self.service.last()
        if body["citations"]:  # until its Markdown is in place, what stands below moves
            expect(self.answer.locator(".cite").first).to_be_visible()
        return body

    def reaches(self, phase: str) -> None:
        expect(self.answer).to_have_attribute("data-phase", phase)

    def has_text(self, least: int = 1) -> None:
        """Wait until the answer has some text, which a held writer leaves unfinished."""
        self.until(lambda: len(self.text.inner_text()) >= least)

    def settle(self) -> None:
        """Wait for transitions and fades to end: a half transparent text has no honest contrast."""
        self.host.evaluate(SETTLE)

    def animations(self) -> int:
        return int(self.host.evaluate(RUNNING))

    def focused(self) -> str:
        """The `data-test` of what has the focus."""
        return str(self.host.evaluate("(host) => host.shadowRoot.activeElement?.dataset.test ?? ''"))

    def until(self, holds: Callable[[], bool], seconds: float = 20) -> None:
        """Wait for what no locator can tell; the browser goes on meanwhile."""
        for _ in range(int(seconds / 0.025)):
            if holds():
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"did not happen within {seconds} s")


def plain(locator: Locator) -> str:
    """An element's text as it stands in the document."""
    return str(locator.evaluate(TEXT))
