from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[2] / "ingest/corpus"


@pytest.fixture(scope="session")
def outline_text() -> str:
    return (CORPUS / "大模型全技术面试大纲.md").read_bytes().decode("utf-8")
