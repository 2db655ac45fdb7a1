"""A machine too busy for the reranker answers later, and the same."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings, ShippedSettings, StoreSettings

ASKED = (
    "什么是幻读能力",
    "只靠偏好数据、不训练打分模型的对齐",
    "显存不够时怎么微调大模型",
    "How does speculative decoding keep the output distribution?",
    "冰箱多久除一次霜",
    "什么是涌线能力",
    "不需要奖励模型的对齐方法是什么",
)


@pytest.fixture(scope="module")
def hurried(
    settings: ServiceSettings,
    embedder: Embedder,
    snapshot: object,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[TestClient]:
    """The outline behind a reranker that is never within its budget."""
    store = StoreSettings(path=tmp_path_factory.mktemp("store") / "store.sqlite")
    hasty = settings.model_copy(update={"rerank": ShippedSettings(budget_ms=1, decision_ms=600_000), "store": store})
    with TestClient(create_app(Service(hasty, embedder))) as client:
        yield client


@pytest.mark.parametrize("question", ASKED)
def test_an_answer_does_not_hang_on_the_time_that_there_is(
    client: TestClient, hurried: TestClient, question: str
) -> None:
    in_time, late = (asked(one, question) for one in (client, hurried))
    assert late == in_time


def test_a_search_takes_what_is_there_in_time(hurried: TestClient) -> None:
    reply = hurried.post("/v1/search", json={"query": ASKED[0]}).json()
    assert reply["degraded_codes"] == ["reranker_late"]
    assert "重排" in reply["degraded"]
    assert 'outline_qa_degraded_total{reason="reranker_late"}' in hurried.get("/metrics").text


def asked(client: TestClient, question: str) -> dict[str, Any]:
    reply: dict[str, Any] = client.post("/v1/ask", json={"question": question}).json()
    return {name: reply[name] for name in ("status", "answer", "citations", "related", "degraded_codes")}
