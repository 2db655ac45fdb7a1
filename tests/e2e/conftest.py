"""The real service, the real index, a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from benchmarks.browser import TIMEOUT_MS, chromium
from ingest.models.embedder import Embedder
from service.settings import ServiceSettings
from tests.e2e.index import real_embedder, real_settings
from tests.e2e.live import Live
from tests.e2e.sites import Sites
from tests.e2e.visit import Serve, Visit
from tests.e2e.watch import Watch
from tests.e2e.widget import Widget

VIEWPORT = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def sites() -> Iterator[Sites]:
    sites = Sites()
    yield sites
    sites.close()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, model_folder: Path, sites: Sites) -> ServiceSettings:
    return real_settings(model_folder.parent, tmp_path_factory.mktemp("kept") / "store.sqlite", [sites.origin])


@pytest.fixture(scope="session")
def embedder(settings: ServiceSettings) -> Embedder:
    return real_embedder(settings)


@pytest.fixture(scope="session")
def shared(settings: ServiceSettings, embedder: Embedder) -> Iterator[Live]:
    live = Live(settings, embedder)
    yield live
    live.stop()


@pytest.fixture
def live(shared: Live) -> Iterator[Live]:
    """The service that most tests share, writing as fast as it can."""
    yield shared
    shared.pace.release()


@pytest.fixture
def serve(settings: ServiceSettings, embedder: Embedder) -> Iterator[Serve]:
    """Start a service of the test's own, with some settings changed."""
    started: list[Live] = []

    def start(**changed: Any) -> Live:
        started.append(Live(settings.model_copy(update=changed), embedder))
        return started[-1]

    yield start
    for live in started:
        live.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def visit(browser: Browser, live: Live, watch: Watch) -> Iterator[Visit]:
    """Open a page in a context of its own, by default the service's own page in Chinese; `lines` gets the console."""
    contexts: list[BrowserContext] = []

    def visit(address: str = "", service: Live = live, lines: list[str] | None = None, **options: Any) -> Widget:
        context = browser.new_context(**{"viewport": VIEWPORT, "locale": "zh-CN", **options})
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        watch.attach(context)
        page = context.new_page()
        if lines is not None:
            page.on("console", lambda message: lines.append(message.text))
        page.goto(address or service.url)
        return Widget(page, service)

    yield visit
    try:
        watch.check()
    finally:
        for context in contexts:
            context.close()


@pytest.fixture
def widget(visit: Visit) -> Widget:
    return visit()
