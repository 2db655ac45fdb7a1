from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest import bootstrap
from ingest.__main__ import ensure
from ingest.index.snapshot import Snapshot
from ingest.index.versions import Versions
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings, ShippedSettings
from tests.support.paths import INDEX, ROOT


@pytest.fixture(scope="session")
def settings(model_folder: Path) -> ServiceSettings:
    """The defaults, over an index of the outline; time for the reranker on a busy machine."""
    return ServiceSettings(
        corpus=[ROOT / "ingest/corpus"],
        index=INDEX,
        models=model_folder.parent,
        rerank=ShippedSettings(budget_ms=600_000),
    )


@pytest.fixture(scope="session")
def embedder(settings: ServiceSettings) -> Embedder:
    return bootstrap.embedder(settings)


@pytest.fixture(scope="session")
def snapshot(settings: ServiceSettings, embedder: Embedder) -> Snapshot:
    ensure(settings, embedder)
    return Versions(settings.index).open(embedder.fingerprint, packs=bootstrap.packs(settings))


@pytest.fixture
def service(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Service:
    """For an app of the test's own, which closes it."""
    return Service(settings, embedder)


@pytest.fixture(scope="session")
def client(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Iterator[TestClient]:
    with TestClient(create_app(Service(settings, embedder))) as client:
        yield client
