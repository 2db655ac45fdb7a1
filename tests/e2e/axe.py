"""axe-core, every rule of it, or the colours alone."""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page

from tests.e2e.widget import Widget
from tests.support.paths import ROOT

SOURCE = ROOT / "service/widget/node_modules/axe-core/axe.min.js"
COLOURS = ("color-contrast", "link-in-text-block")
RUN = """async ([within, rules]) => {
  const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
  const { violations } = await axe.run(within, { resultTypes: ["violations"], ...only });
  const where = (nodes) => nodes.map((node) => node.target.flat().join(" "));
  return violations.map(({ id, help, nodes }) => ({ id, help, where: where(nodes) }));
}"""


def violations(
    widget: Widget, within: str | dict[str, list[str]] = "html", rules: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """What axe finds wrong now, by all of its rules or by those named.

    `within` leaves out the page around the widget where that is not ours.
    """
    widget.settle()
    widget.page.mouse.move(0, 0)
    return page_violations(widget.page, within, rules)


def page_violations(
    page: Page, within: str | dict[str, list[str]] = "html", rules: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """What axe finds wrong on any page."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(SOURCE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(RUN, [within, list(rules)])
    return found
