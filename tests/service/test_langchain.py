import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda
from pydantic import ValidationError
from starlette.testclient import TestClient

from ingest.index.snapshot import Snapshot, SnapshotError
from service.bootstrap import Service
from service.langchain_retriever import OutlineRetriever
from service.search.retrieve import Scope
from service.settings import ServiceSettings


@pytest.fixture
def retriever(service: Service, snapshot: Snapshot) -> OutlineRetriever:
    return OutlineRetriever(service=service, snapshot=snapshot, k=5)


@pytest.mark.parametrize("question", ["QLoRA 比 LoRA 省在哪里？", "What are residual connections for?"])
def test_finds_what_search_finds(client: TestClient, retriever: OutlineRetriever, question: str) -> None:
    found = client.post("/v1/search", json={"query": question, "k": 5}).json()["results"]
    documents = retriever.invoke(question)
    assert [document.id for document in documents] == [result["chunk_id"] for result in found]
    for document, result in zip(documents, found, strict=True):
        expected = ("chunk_id", "entry_id", "document", "heading_path", "start", "end", "stars")
        assert document.page_content == result["text"]
        assert {name: document.metadata[name] for name in expected} == {name: result[name] for name in expected}
        assert document.metadata["score"] == pytest.approx(result["score"], rel=1e-4, abs=1e-4)


def test_passages_are_verbatim(snapshot: Snapshot, retriever: OutlineRetriever) -> None:
    for document in retriever.invoke("分词策略"):
        at = document.metadata
        assert snapshot.documents[at["document"]][at["start"] : at["end"]] == document.page_content


def test_filters_and_k(service: Service, snapshot: Snapshot) -> None:
    scope = Scope(sections=frozenset({9}), min_stars=4)
    documents = OutlineRetriever(service=service, snapshot=snapshot, k=3, filters=scope).invoke("GPT-2")
    assert len(documents) == 3
    assert {document.metadata["entry_id"].split(".")[0] for document in documents} == {"9"}
    assert min(document.metadata["stars"] for document in documents) >= 4
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        OutlineRetriever(service=service, snapshot=snapshot, k=0)


def _entries(documents: list[Document]) -> list[str]:
    return [document.metadata["entry_id"] for document in documents]


def test_in_a_chain(retriever: OutlineRetriever) -> None:
    chain = retriever | RunnableLambda(_entries)
    assert "5.4" in chain.invoke("什么是 QLoRA？")
    assert chain.batch(["什么是 QLoRA？", "T5 是什么模型？"])[1][0] == "1.18"
    assert asyncio.run(chain.ainvoke("什么是 QLoRA？")) == chain.invoke("什么是 QLoRA？")


def test_sync_call_within_a_running_loop(retriever: OutlineRetriever) -> None:
    async def notebook() -> list[Document]:
        return retriever.invoke("梯度检查点")

    assert _entries(asyncio.run(notebook()))[0] == "4.4"


def test_threads_and_loops_share_one_model(retriever: OutlineRetriever) -> None:
    questions = ["什么是 QLoRA？", "T5 是什么模型？", "梯度检查点", "BERT 的 MLM"] * 4
    alone = {question: _entries(retriever.invoke(question)) for question in set(questions)}
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(retriever.invoke, questions))
    assert [_entries(documents) for documents in together] == [alone[question] for question in questions]


def test_opens_the_current_index(settings: ServiceSettings, snapshot: Snapshot) -> None:
    retriever = OutlineRetriever.open(settings, k=1)
    assert retriever.snapshot.manifest.version == snapshot.manifest.version
    assert _entries(retriever.invoke("胶囊网络")) == ["12.3"]
    missing = settings.model_copy(update={"index": settings.index / "none"})
    with pytest.raises(SnapshotError, match="python -m ingest build"):
        OutlineRetriever.open(missing)
