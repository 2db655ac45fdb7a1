"""The page of those who look after the documents, from the key to an answer, with a real worker behind it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ingest import bootstrap
from ingest.__main__ import ensure
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.settings import AccessSettings
from service.settings import ServiceSettings
from tests.e2e.axe import page_violations
from tests.e2e.live import Live
from tests.e2e.watch import Watch
from tests.support.paths import ROOT

WORK_MS = 240_000  # a worker loads its model; other work may run on the machine
LEAVE = "# Leave\n\nEvery employee has twenty-two days of leave a year.\n"


@pytest.fixture
def desk(model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Live, str]]:
    """A service over one file of its own, whose worker has the same settings by the environment; an admin's key."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/doors.md").write_text("# Doors\n\nA lost card is reported on the same day.\n", "utf-8")
    (tmp_path / "corpus/empty.md").write_text("", "utf-8")
    own = {
        "corpus": json.dumps([str(tmp_path / "corpus")]),
        "index": str(tmp_path / "index"),
        "models": str(model_folder.parent),
        "pack": "none",
        "uploads__path": str(tmp_path / "documents"),
    }
    for name, value in own.items():
        monkeypatch.setenv(f"OUTLINE_QA_{name.upper()}", value)
    monkeypatch.chdir(ROOT)
    settings = ServiceSettings(access=AccessSettings(path=tmp_path / "access.sqlite"))
    embedder = bootstrap.embedder(settings)
    ensure(settings, embedder)
    _, secret = LedgerKeys(Ledger(tmp_path / "access.sqlite")).make(NewKey("a", ("admin", "ask")), "test")
    live = Live(settings, embedder)
    live.pace.release()
    yield live, secret
    live.stop()


@pytest.fixture
def page(browser: Browser, watch: Watch) -> Iterator[Page]:
    context = browser.new_context(locale="en-US", viewport={"width": 1040, "height": 900})
    watch.attach(context)
    yield context.new_page()
    watch.check()
    context.close()


def test_from_the_key_to_an_answer(desk: tuple[Live, str], page: Page, watch: Watch, tmp_path: Path) -> None:
    """By keyboard where a key can do it; axe finds nothing on the way."""
    live, secret = desk
    watch.allow("401", r"Remove leave\.md\?")
    page.goto(f"{live.url}/admin")
    key = page.get_by_label("Admin key")
    expect(key).to_be_focused()
    assert page_violations(page) == []
    page.keyboard.type("oq_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("It failed")
    page.get_by_label("Admin key").fill(secret)
    page.keyboard.press("Enter")

    held, skipped = page.locator("table").nth(0), page.locator("table").nth(1)
    expect(held.locator("tbody tr")).to_contain_text(["doors.md"])
    expect(skipped.locator("tbody tr")).to_contain_text(["empty.md"])
    assert page_violations(page) == []

    for name, content in (("leave.md", LEAVE), ("bad.pdf", "no pdf")):
        (tmp_path / name).write_text(content, "utf-8")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="choose files").press("Enter")
    chooser.value.set_files([tmp_path / "leave.md", tmp_path / "bad.pdf"])
    job = page.locator(".job").first
    cancel = job.get_by_role("button", name="Cancel")
    cancel.focus()
    expect(job.get_by_role("progressbar")).to_be_visible(timeout=WORK_MS)
    expect(cancel).to_be_focused()  # however often the list is drawn meanwhile
    expect(job).to_contain_text("Upload · done", timeout=WORK_MS)
    expect(job.locator("li", has_text="leave.md")).to_contain_text("indexed · 1 passage")
    expect(job.locator("li", has_text="bad.pdf")).to_contain_text("not read")
    expect(held.locator("tbody tr")).to_contain_text(["doors.md", "leave.md"], timeout=WORK_MS)

    page.get_by_label("Question").fill("How many days of leave are there?")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("twenty-two days", timeout=WORK_MS)
    expect(page.locator(".answer")).to_contain_text("leave.md")
    assert page_violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert page_violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_role("button", name="Remove leave.md").press("Enter")
    expect(held.locator("tbody tr")).to_have_count(1, timeout=WORK_MS)
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_label("Admin key")).to_be_focused()
