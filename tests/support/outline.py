"""The index of the outline under the default settings, for tests of the service and of a real language model."""

from pathlib import Path

import pytest
from filelock import FileLock

from ingest import bootstrap
from ingest.__main__ import ensure
from ingest.index.snapshot import Snapshot
from ingest.index.versions import Versions
from ingest.models.embedder import Embedder
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
    bring_up_to_date(settings, embedder)
    return Versions(settings.index).open(embedder.fingerprint, packs=bootstrap.packs(settings))


def bring_up_to_date(settings: ServiceSettings, embedder: Embedder) -> None:
    """Build the index; tests run in two processes, and a build does not wait for another."""
    settings.index.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.index / ".tests.lock"):
        ensure(settings, embedder)
