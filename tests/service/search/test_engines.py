"""The outline searched in other engines: what the arrays of the snapshot find, and what is asked over HTTP."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from rank_bm25 import BM25Okapi
from starlette.testclient import TestClient

from ingest.index.embedded import EmbeddedIndex
from ingest.index.index import Probe
from ingest.index.points.searched import PointIndex
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from ingest.settings import MilvusSettings
from service.api.app import create_app
from service.bootstrap import Service
from service.search.retrieve import Candidate, Scope
from service.settings import ServiceSettings
from tests.support.milvus import LACKING
from tests.support.outline import embedder, settings, snapshot

__all__ = ["embedder", "settings", "snapshot"]

QUESTIONS = (
    "QLoRA 比 LoRA 省在哪里？",
    "How is attention made parallel?",
    "KV cache 为什么占显存",
    "梯度检查点",
    "🚀",
)
SCOPES = (
    None,
    Scope(min_stars=4),
    Scope(sections=frozenset({5}), answered=True),
    Scope(documents=frozenset({"no.md"})),
)


@pytest.fixture(scope="module", params=["qdrant", pytest.param("milvus", marks=pytest.mark.slow)])
def apart(
    settings: ServiceSettings,
    snapshot: Snapshot,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> ServiceSettings:
    """The settings of a service over a copy of the index, which is put into the engine when it is opened."""
    if request.param == "milvus":
        pytest.importorskip("milvus_lite", reason=LACKING)
    folder: Path = tmp_path_factory.mktemp("engine")
    shutil.copytree(settings.index, folder / "index", ignore=shutil.ignore_patterns("made"))
    milvus = MilvusSettings(uri=str(folder / "milvus.db"))
    return settings.model_copy(update={"index": folder / "index", "index_kind": request.param, "milvus": milvus})


def shown(candidates: list[Candidate]) -> list[tuple[str, int | None, int | None]]:
    return [(each.chunk.id, each.bm25_rank, each.dense_rank) for each in candidates]


def test_finds_what_the_snapshot_finds(apart: ServiceSettings, settings: ServiceSettings, embedder: Embedder) -> None:
    services = [Service(each, embedder) for each in (settings, apart)]
    own, other = ((service, service.open()) for service in services)
    assert isinstance(own[0].index.index(own[1]), EmbeddedIndex)
    assert isinstance(other[0].index.index(other[1]), PointIndex)
    queries = own[0].queries(QUESTIONS, own[1].pack.words)
    retrievers = [service.retriever(opened) for service, opened in (own, other)]
    for query in queries:
        for scope in SCOPES:
            expected, found = (retriever.retrieve(query, 10, scope) for retriever in retrievers)
            assert shown(found) == shown(expected)
            assert [each.score for each in found] == pytest.approx([each.score for each in expected], abs=1e-3)
    for service in services:
        service.close()


def test_words_weigh_as_rank_bm25_has_it(apart: ServiceSettings, embedder: Embedder) -> None:
    """With our own segmentation, of every passage of the outline."""
    service = Service(apart, embedder)
    opened = service.open()
    words, index = opened.pack.words, service.index.index(opened)
    okapi = BM25Okapi([words.terms(chunk.indexed) for chunk in opened.chunks])
    for query in service.queries(QUESTIONS[:4], words):
        probe = Probe(query.vector, query.terms, query.synonyms, 0.35)
        expected = okapi.get_scores(query.terms) + 0.35 * okapi.get_scores(query.synonyms)
        assert expected.max() > 1
        np.testing.assert_allclose(index.score(probe, range(len(opened.chunks))).bm25, expected, atol=1e-5)
        found = index.find(probe, 10).lexical
        np.testing.assert_allclose(found.scores, np.sort(expected)[::-1][:10], atol=1e-5)
    service.close()


def test_answers_over_http(apart: ServiceSettings, embedder: Embedder) -> None:
    with TestClient(create_app(Service(apart, embedder))) as client:
        body = {"query": "QLoRA 量化", "k": 3, "filters": {"min_stars": 4}}
        found = client.post("/v1/search", json=body).raise_for_status().json()
        assert len(found["results"]) == 3
        answer = client.post("/v1/ask", json={"question": QUESTIONS[0]}).raise_for_status().json()
        assert answer["status"] == "answered"
        assert answer["citations"]
