"""Every entry in the reader, light and dark: axe finds nothing, nothing is too wide, no sign is left over."""

import re
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.axe import COLOURS, violations
from tests.e2e.live import Live
from tests.e2e.visit import Visit
from tests.e2e.wide import OUT

READER = {"fromShadowDom": ["outline-qa", ".reader"]}
SCREENS: dict[str, dict[str, Any]] = {
    "desk": {},
    "dark phone": {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
        "color_scheme": "dark",
    },
    "200 %": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
    "400 %": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},
}
OTHER: dict[str, Literal["dark", "light"]] = {"desk": "dark", "dark phone": "light"}  # sizes change no colours
# Raw table rows, bold, fences and formulas, where they are neither code nor a formula's source.
LEFT = """(reader) => {
  const copy = reader.cloneNode(true);
  copy.querySelectorAll("pre, code, [data-tex], [data-chrome]").forEach((element) => element.remove());
  return copy.textContent.match(/^[ \\t]*\\|.*\\|[ \\t]*$|\\*\\*|```|\\$\\$|\\| *-- *\\|/gm) ?? [];
}"""
FAILED = "(reader) => Array.from(reader.querySelectorAll('.math.failed'), (math) => math.dataset.tex)"


@pytest.mark.parametrize("screen", SCREENS)
def test_every_entry(live: Live, visit: Visit, screen: str) -> None:
    sections = httpx.get(f"{live.url}/v1/outline", trust_env=False).json()["sections"]
    entries = [entry for section in sections for entry in section["entries"] if entry["answered"]]
    assert len(entries) == 87
    widget = visit(f"{live.url}/#/outline", **SCREENS[screen])
    wrong: dict[str, object] = {}
    for entry in entries:
        widget.page.evaluate("(id) => { location.hash = `#/e/${id}` }", entry["id"])
        expect(widget.reader.locator(".reader-title")).to_have_text(entry["question"])
        expect(widget.reader.locator(".content > *").first).to_be_visible()
        widget.until(
            lambda: widget.reader.evaluate("(reader) => !reader.querySelector('.math:not(.failed):not(:has(math))')")
        )
        found = [
            *violations(widget, READER),
            *widget.host.evaluate(OUT),
            *widget.reader.evaluate(LEFT),
            *widget.reader.evaluate(FAILED),
        ]
        if scheme := OTHER.get(screen):
            widget.page.emulate_media(color_scheme=scheme)
            found += violations(widget, READER, COLOURS)
            widget.page.emulate_media(color_scheme=SCREENS[screen].get("color_scheme", "light"))
        if found:
            wrong[entry["id"]] = found
    assert wrong == {}
    assert re.match(r"\d+\.\d+", entries[-1]["id"])
