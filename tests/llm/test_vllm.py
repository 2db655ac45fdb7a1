"""What the service relies on in vLLM: streams, aborts, batches, a prefix cache, structured output."""

import asyncio
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.loopback import serve
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import AnswerSettings, ServiceSettings, VllmSettings
from service.write.replicas import Replicas
from service.write.vllm import ChatModel
from tests.support.sse import events

QUESTIONS = [
    "什么是 QLoRA？",
    "QLoRA 的双重量化是什么？",
    "QLoRA 的训练速度比 LoRA 慢吗？",
    "QLoRA 为什么省显存？",
    "QLoRA 的 NF4 是什么？",
    "QLoRA 怎么做反向传播？",
    "QLoRA 会损失性能吗？",
    "QLoRA 和 LoRA 有什么区别？",
    "QLoRA 能在 24GB 的卡上微调 65B 吗？",
    "QLoRA 把权重量化成几位？",
]


class Colour(BaseModel):
    colour: str
    number: int


def figure(url: str, name: str) -> float:
    text = httpx.get(f"{url.removesuffix('/v1')}/metrics", trust_env=False).text
    return sum(float(value) for value in re.findall(rf"^vllm:{name}(?:\{{[^}}]*\}})? (\S+)", text, re.MULTILINE))


@pytest.fixture(scope="module")
def app(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, url: str, model: str) -> FastAPI:
    writer = VllmSettings(
        kind="vllm", base_urls=[url], model=model, first_token_seconds=300, stall_seconds=120, max_tokens=120
    )
    # Every answer anew: what is kept would not reach the model.
    answer = AnswerSettings(cache_size=0)
    return create_app(Service(settings.model_copy(update={"writer": writer, "answer": answer}), embedder))


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with serve(app) as address, httpx.Client(base_url=address, timeout=600, trust_env=False) as client:
        yield client


def test_it_streams(client: httpx.Client, model: str) -> None:
    found = events(client.post("/v1/ask", json={"question": QUESTIONS[0], "stream": True}).text)
    assert found[0].data["generator"] == f"vllm:{model}"
    assert found[-1].kind == "done"
    assert found[-1].data["status"] == "answered"


def test_leaving_aborts(client: httpx.Client, url: str) -> None:
    body = {"question": "梯度检查点的原理是什么？请详细说明。", "stream": True}
    with client.stream("POST", "/v1/ask", json=body) as reply:
        lines = reply.iter_lines()
        assert "sources" in "".join(islice(lines, 8))
        deadline = time.monotonic() + 60
        while not figure(url, "num_requests_running") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert figure(url, "num_requests_running") == 1
    left = time.monotonic()
    while figure(url, "num_requests_running") and time.monotonic() < left + 10:
        time.sleep(0.05)
    assert time.monotonic() - left < 1


def test_eight_at_once(client: httpx.Client, url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda q: client.post("/v1/ask", json={"question": q}), QUESTIONS[:8]))
    assert [reply.status_code for reply in replies] == [200] * 8
    assert all(reply.json()["citations"] for reply in replies)
    assert figure(url, "num_requests_running") == 0


def test_the_prefix_cache_is_hit(client: httpx.Client, url: str) -> None:
    before = figure(url, "prefix_cache_hits_total"), figure(url, "prefix_cache_queries_total")
    for question in QUESTIONS:
        client.post("/v1/ask", json={"question": question})
    hits, queries = (figure(url, f"prefix_cache_{n}_total") for n in ("hits", "queries"))
    assert (hits - before[0]) / (queries - before[1]) > 0.4


def test_structured_output(url: str, model: str) -> None:
    chat = ChatModel(Replicas([url], "EMPTY", model), model, 100, 0, 300, 120, {})
    told = "Fill in the form: the colour is red and the number is seven."
    found = asyncio.run(chat.fill(Colour, "You fill in forms.", told, 120))
    assert isinstance(found, Colour)


def test_health_sees_it(url: str, model: str) -> None:
    assert asyncio.run(Replicas([url], "EMPTY", model).health()).ready
    other = asyncio.run(Replicas([url], "EMPTY", "another").health())
    assert not other.ready
    assert model in other.reasons[0]
