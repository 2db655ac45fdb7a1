"""Settings of a service over a tiny index, which starts at once and needs no weights."""

from pathlib import Path

from service.access.settings import AccessSettings
from service.settings import NoRerankSettings, ServiceSettings, StoreSettings
from tests.support.tiny_index import index


def tiny_settings(folder: Path, **texts: str) -> ServiceSettings:
    """Build an index of `texts`, by name without ".md", into a folder; everything else is kept there too."""
    index(folder, **texts)
    return ServiceSettings(
        index=folder / "index",
        rerank=NoRerankSettings(kind="none"),
        store=StoreSettings(path=folder / "store.sqlite"),
        access=AccessSettings(path=folder / "access.sqlite"),
    )
