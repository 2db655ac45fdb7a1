"""Documents of a page: what they answer is answered, what they do not is refused. Nothing was fitted to these."""

import pytest
from starlette.testclient import TestClient

from ingest.__main__ import ensure
from ingest.fit.corpora import written_set
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings
from tests.support.paths import ROOT

FOLDER = ROOT / "benchmarks/corpus/few"


@pytest.mark.parametrize(("name", "answered", "refused"), [("camp", 17, 10), ("gym", 19, 9)])
def test_a_page_answers_what_stands_in_it(
    name: str,
    answered: int,
    refused: int,
    settings: ServiceSettings,
    embedder: Embedder,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    index = tmp_path_factory.mktemp(name) / "index"
    own = settings.model_copy(update={"corpus": [FOLDER / name / "documents"], "index": index, "pack": "none"})
    ensure(own, embedder)
    asked = written_set(FOLDER / name).written
    with TestClient(create_app(Service(own, embedder))) as client:
        status = {text: client.post("/v1/ask", json={"question": text}).json()["status"] for text, _ in asked}
    told = [status[text] == "answered" for text, answerable in asked if answerable]
    kept = [status[text] == "not_in_documents" for text, answerable in asked if not answerable]
    assert sum(told) >= answered, f"{sum(told)} of {len(told)} answered"
    assert sum(kept) >= refused, f"{sum(kept)} of {len(kept)} refused"
