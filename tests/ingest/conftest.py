import pytest

from tests.support.paths import ROOT

CORPUS = ROOT / "ingest/corpus"


@pytest.fixture(scope="session")
def outline_text() -> str:
    return (CORPUS / "大模型全技术面试大纲.md").read_bytes().decode("utf-8")
