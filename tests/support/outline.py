"""The index of the outline under the default settings, for tests of the service and of a real language model.

    python -m tests.support.outline

builds it with all cores, before tests in several processes wait for the one of them that builds it.
"""

from pathlib import Path

import pytest
from filelock import FileLock

from ingest import bootstrap
from ingest.__main__ import ensure
from ingest.index.snapshot import Snapshot
from ingest.index.versions import Versions
from ingest.models.embedder import Embedder
from ingest.models.offline import prepare
from service.settings import ServiceSettings, ShippedSettings
from tests.support.paths import INDEX, MODELS, ROOT


@pytest.fixture(scope="session")
def settings(model_folder: Path) -> ServiceSettings:
    """The defaults, over an index of the outline; time for the reranker on a busy machine."""
    return over_outline(model_folder.parent)


@pytest.fixture(scope="session")
def embedder(settings: ServiceSettings) -> Embedder:
    return bootstrap.embedder(settings)


@pytest.fixture(scope="session")
def snapshot(settings: ServiceSettings, embedder: Embedder) -> Snapshot:
    bring_up_to_date(settings, embedder)
    return Versions(settings.index).open(embedder.fingerprint, packs=bootstrap.packs(settings))


def over_outline(models: Path) -> ServiceSettings:
    return ServiceSettings(
        corpus=[ROOT / "ingest/corpus"],
        index=INDEX,
        models=models,
        rerank=ShippedSettings(budget_ms=600_000),
    )


def bring_up_to_date(settings: ServiceSettings, embedder: Embedder) -> None:
    """Build the index; tests run in two processes, and a build does not wait for another."""
    settings.index.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.index / ".tests.lock"):
        ensure(settings, embedder)


if __name__ == "__main__":
    made = over_outline(prepare("multilingual-e5-small", MODELS).parent)
    bring_up_to_date(made, bootstrap.embedder(made))
