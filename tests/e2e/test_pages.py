"""A citation of a PDF opens its page, with the quote's boxes marked on the words."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from ingest.__main__ import ensure
from ingest.index.originals import FOLDER
from ingest.models.embedder import Embedder
from service.access.settings import AccessSettings
from service.settings import ServiceSettings
from tests.e2e.axe import violations
from tests.e2e.live import Live
from tests.e2e.sites import Sites, host_page
from tests.e2e.visit import Visit
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget
from tests.support.papers import paper, pictured

QUESTION = "除垢剂要加多少毫升？"
FILLER = [("text", f"第{n}条：操作前先看一遍本手册，并确认机器放得平稳，周围没有水渍。" * 4) for n in range(24)]
MANUAL = paper(
    [
        ("title", "咖啡机手册"),
        ("heading", "安全"),
        *FILLER,
        ("heading", "除垢"),
        ("text", "每两个月除垢一次。除垢时往水箱里加一百二十毫升除垢剂，再加满清水。然后运行两遍。"),
        ("heading", "保修"),
        *FILLER[:12],
    ]
)
# How dark the canvas is below a mark, by shares: something is drawn there, and it is not all there is.
INK = """(mark) => {
  const sheet = mark.parentElement;
  const canvas = sheet.querySelector("canvas");
  const share = (name) => parseFloat(mark.style[name]) / 100;
  const x = share("left") * canvas.width, y = share("top") * canvas.height;
  const w = share("width") * canvas.width, h = share("height") * canvas.height;
  const { data } = canvas.getContext("2d").getImageData(x, y, Math.max(1, w), Math.max(1, h));
  let dark = 0;
  for (let i = 0; i < data.length; i += 4) dark += data[i] < 128 && data[i + 3] > 0;
  return dark / (data.length / 4);
}"""

# The colour in the middle of the picture of the strainer.
MIDDLE = """(sheet) => {
  const canvas = sheet.querySelector("canvas");
  const x = (90 / 400) * canvas.width, y = (250 / 600) * canvas.height;
  return [...canvas.getContext("2d").getImageData(x, y, 1, 1).data.slice(0, 3)];
}"""


@pytest.fixture(scope="module")
def manual(settings: ServiceSettings, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service over one PDF of Chinese text, in a font that the file does not carry."""
    folder: Path = tmp_path_factory.mktemp("manual")
    (folder / "in").mkdir()
    (folder / "in/manual.pdf").write_bytes(MANUAL)
    (folder / "in/strainer.pdf").write_bytes(pictured("The strainer is rinsed in lukewarm water.", _red(100), 100))
    own: dict[str, Any] = {"corpus": [folder / "in"], "index": folder / "index", "pack": "none"}
    made = settings.model_copy(update=own | {"access": AccessSettings(path=folder / "access.sqlite")})
    ensure(made, embedder)
    live = Live(made, embedder)
    yield live
    live.stop()


def _red(side: int) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (side, side), (220, 0, 0)).save(held, "JPEG2000")
    return held.getvalue()


def opened(visit: Visit, manual: Live, address: str = "", **options: Any) -> tuple[Widget, dict[str, Any]]:
    """Ask, open the citation's page, and wait until it is drawn."""
    widget = visit(address or manual.url, service=manual, **options)
    citation = next(each for each in widget.ask(QUESTION)["citations"] if "一百二十毫升" in each["quote"])
    widget.cite(citation["n"]).click()
    widget.by("open-in-outline").click()
    expect(widget.by("page-view")).to_have_attribute("data-shown", str(citation["pages"][0]["page"]))
    return widget, citation


def test_the_quote_is_marked_on_its_page(visit: Visit, manual: Live) -> None:
    widget, citation = opened(visit, manual)
    (page,) = citation["pages"]
    assert page["page"] > 1
    marks = widget.by("page-mark")
    expect(marks).to_have_count(len(page["boxes"]))
    assert all(marks.nth(i).evaluate(INK) > 0.03 for i in range(marks.count()))  # there are words below each
    expect(marks.first).to_be_in_viewport()
    expect(widget.by("page-place")).to_have_text(f"第 {page['page']} 页，共 {_pages(widget)} 页")
    expect(widget.by("page-text")).to_contain_text("一百二十毫升")


def _pages(widget: Widget) -> int:
    return int(widget.by("page-place").inner_text().split("共")[1].strip(" 页"))


def test_pages_are_turned_and_scaled_by_keyboard(visit: Visit, manual: Live) -> None:
    widget, citation = opened(visit, manual, locale="en-US")
    number, view = citation["pages"][0]["page"], widget.by("page-view")
    widget.by("page-next").focus()
    widget.page.keyboard.press("ArrowLeft")
    expect(view).to_have_attribute("data-shown", str(number - 1))
    expect(widget.by("page-mark")).to_have_count(0)
    for _ in range(number):
        widget.page.keyboard.press("ArrowLeft")
    expect(view).to_have_attribute("data-shown", "1")
    expect(widget.by("page-previous")).to_have_attribute("aria-disabled", "true")
    assert widget.focused() == "page-next"
    widget.by("page-next").click()
    expect(widget.by("page-place")).to_contain_text("Page 2 of")
    sheet = widget.by("page-sheet")
    fitted = sheet.evaluate("(sheet) => sheet.offsetWidth")
    assert abs(fitted - sheet.evaluate("(sheet) => sheet.parentElement.clientWidth")) <= 1
    widget.page.keyboard.press("+")
    widget.until(lambda: sheet.evaluate("(sheet) => sheet.offsetWidth") > 1.2 * fitted)
    widget.page.keyboard.press("0")
    widget.until(lambda: sheet.evaluate("(sheet) => sheet.offsetWidth") == fitted)
    widget.by("page-as-text").click()
    expect(widget.reader.locator("mark").first).to_contain_text("一百二十毫升")
    assert widget.focused() == "reader"


def test_a_picture_in_jpeg_2000_is_drawn(visit: Visit, manual: Live) -> None:
    widget = visit(manual.url, service=manual)
    (citation, *_) = widget.ask("How is the strainer rinsed?")["citations"]
    assert citation["document"] == "strainer.pdf"
    widget.cite(citation["n"]).click()
    widget.by("open-in-outline").click()
    expect(widget.by("page-view")).to_have_attribute("data-shown", "1")
    red, green, blue = widget.by("page-sheet").evaluate(MIDDLE)
    assert red > 200 > 40 > max(green, blue)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(visit: Visit, manual: Live, scheme: str) -> None:
    widget, _ = opened(visit, manual, color_scheme=scheme)
    widget.settle()
    assert violations(widget) == []


def test_without_the_file_its_text_is_shown(visit: Visit, manual: Live, watch: Watch) -> None:
    watch.allow("404")
    folder = manual.settings.index / FOLDER
    away = folder.with_name("away")
    folder.rename(away)
    try:
        widget = visit(manual.url, service=manual)
        widget.ask(QUESTION)
        widget.cite(1).click()
        widget.by("open-in-outline").click()
        expect(widget.by("page-missing")).to_have_text("原文件没有保存，以下是从中读出的文字。")
        expect(widget.reader.locator("mark").first).to_be_in_viewport()
    finally:
        away.rename(folder)


def test_nothing_of_it_is_loaded_before_a_page_is_opened(visit: Visit, manual: Live) -> None:
    widget = visit(manual.url, service=manual)
    loaded: list[str] = []
    widget.page.on("request", lambda request: loaded.append(request.url))
    widget.ask(QUESTION)
    widget.cite(1).click()
    expect(widget.popover).to_be_visible()
    assert not [url for url in loaded if "/widget/pdf" in url or "/v1/originals/" in url]


def test_in_a_page_of_another_site_under_a_strict_policy(visit: Visit, manual: Live, sites: Sites) -> None:
    own = f"'self' {manual.url}"
    policy = f"default-src 'none'; script-src {own}; connect-src {own}; img-src data:"
    page = host_page(f"{manual.url}/widget.js", "data-open")
    widget, citation = opened(visit, manual, address=sites.add("/pages", page, content_security_policy=policy))
    expect(widget.by("page-mark")).to_have_count(len(citation["pages"][0]["boxes"]))
    assert widget.by("page-mark").first.evaluate(INK) > 0.03
