"""The real index for browser tests, kept between runs because embedding takes minutes."""

from pathlib import Path

from ingest import bootstrap
from ingest.models.embedder import Embedder
from service.settings import AnswerSettings, ServiceSettings, ShippedSettings, StoreSettings, WidgetSettings
from tests.support.outline import bring_up_to_date
from tests.support.paths import INDEX, ROOT


def real_settings(models: Path, store: Path, origins: list[str]) -> ServiceSettings:
    """The defaults over the outline; nothing of this machine's own settings."""
    return ServiceSettings(
        corpus=[ROOT / "ingest/corpus"],
        index=INDEX,
        models=models,
        store=StoreSettings(path=store),
        rerank=ShippedSettings(budget_ms=60_000),  # so that a busy machine shows the same
        widget=WidgetSettings(origins=origins),
        answer=AnswerSettings(cache_size=0),  # so that each question reaches the writer, whose pace is the test's
    )


def real_embedder(settings: ServiceSettings) -> Embedder:
    """Load the model and bring the index up to date."""
    embedder = bootstrap.embedder(settings)
    bring_up_to_date(settings, embedder)
    return embedder
