"""The npm package in pages of React and Vue, built as their owners build them."""

import mimetypes
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.live import Live
from tests.e2e.sites import Sites
from tests.e2e.visit import Visit
from tests.support.paths import ROOT

WIDGET = ROOT / "service/widget"
BUILT = WIDGET / "dist/examples"


@pytest.fixture(scope="module")
def built() -> Path:
    """The examples; `make test-browser` has built them."""
    if not BUILT.exists():
        subprocess.run(["npm", "run", "examples"], cwd=WIDGET, check=True, capture_output=True)
    return BUILT


@pytest.mark.parametrize("framework", ["react", "vue"])
def test_a_page_of_a_framework(live: Live, visit: Visit, sites: Sites, built: Path, framework: str) -> None:
    for file in (built / framework).rglob("*.*"):
        kind = mimetypes.guess_type(file.name)[0] or "text/plain"
        name = "" if file.name == "index.html" else file.relative_to(built / framework).as_posix()
        sites.add(f"/{framework}/{name}", file.read_text("utf-8"), content_type=f"{kind}; charset=utf-8")
    query = f"?server={live.url}"
    sites.add(f"/{framework}/{query}", (built / framework / "index.html").read_text("utf-8"))
    widget = visit(f"{sites.origin}/{framework}/{query}")
    expect(widget.by("launcher")).to_be_visible()
    widget.page.get_by_role("button", name="Open the chat").click()
    expect(widget.by("suggestion")).to_have_text(["What is LoRA?", "What is RLHF?"])
    widget.by("close").click()
    expect(widget.page.get_by_role("button", name="Open the chat")).to_be_visible()  # the page was told
    widget.page.get_by_role("button", name="What is LoRA?").first.click()
    widget.reaches("done")
    count = len(widget.service.last()["citations"])
    expect(widget.page.locator("#last")).to_have_text(f"answered, {count} citations")
    expect(widget.page.get_by_role("button", name="Close the chat")).to_be_visible()
