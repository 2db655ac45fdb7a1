from collections.abc import Iterator

import freezegun
import pytest
from starlette.testclient import TestClient

from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings
from tests.support.outline import embedder, settings, snapshot

__all__ = ["client", "embedder", "service", "settings", "snapshot"]

# A frozen clock is looked for in every module that is loaded; these load more of themselves when they are looked at.
freezegun.configure(extend_ignore_list=["transformers", "torch", "sklearn", "scipy", "sentence_transformers"])


@pytest.fixture
def service(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Service:
    """For an app of the test's own, which closes it."""
    return Service(settings, embedder)


@pytest.fixture(scope="session")
def client(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Iterator[TestClient]:
    with TestClient(create_app(Service(settings, embedder))) as client:
        yield client
