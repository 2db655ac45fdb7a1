from collections.abc import Iterator

import pytest

from tests.support.stub_service import StubService, stub_service
from tests.support.webhook import Hook, webhook


@pytest.fixture
def stub() -> Iterator[StubService]:
    """Serve a StubService while a test runs."""
    with stub_service() as served:
        yield served


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """Serve a Hook while a test runs; a proxy of the environment stays out of the way."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("EVAL_WEBHOOK", raising=False)
    with webhook() as served:
        yield served
