"""Every error is an RFC 9457 problem document that says which field, or what to do."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from ingest.words.words import Words
from service.api.app import create_app
from service.api.problems import BodyLimit
from service.bootstrap import Service
from service.search.retrieve import Query
from service.settings import ServiceSettings
from service.workers.batching import Batcher

LIMIT = 64 * 1024


class Reply(Protocol):
    """What the test client's response and httpx's have in common."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    def json(self) -> Any: ...


def problem(reply: Reply, status: int) -> dict[str, Any]:
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = reply.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == reply.headers["x-request-id"]
    assert body.keys() <= {"type", "title", "status", "detail", "request_id", "errors"}
    return body


def fields(reply: Reply) -> list[str]:
    body = problem(reply, 422)
    assert all(error["message"] for error in body["errors"])
    assert all(error["field"] in body["detail"] for error in body["errors"])
    return [error["field"] for error in body["errors"]]


USER = {"role": "user", "content": "什么是 LoRA？"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("ask", {}, "question"),
        ("ask", {"question": ""}, "question"),
        ("ask", {"question": " \t\n　"}, "question"),
        ("ask", {"question": "问" * 2001}, "question"),
        ("ask", {"question": None}, "question"),
        ("ask", {"question": ["什么"]}, "question"),
        ("ask", {"question": "什么", "temperature": 1}, "temperature"),
        ("ask", {"question": "什么", "k": 5}, "k"),
        ("ask", {"question": "什么", "language": "fr"}, "language"),
        ("ask", {"question": "什么", "session_id": ""}, "session_id"),
        ("ask", {"question": "什么", "stream": "perhaps"}, "stream"),
        ("ask", {"question": "什么", "history": [{"role": "system", "content": "x"}]}, "history.0.role"),
        ("ask", {"question": "什么", "history": [USER, {"role": "user"}]}, "history.1.content"),
        ("ask", {"question": "什么", "history": [{**USER, "name": "x"}]}, "history.0.name"),
        ("ask", {"question": "什么", "history": [USER] * 51}, "history"),
        ("ask", {"question": "什么", "filters": {"min_stars": 6}}, "filters.min_stars"),
        ("ask", {"question": "什么", "filters": {"min_stars": 0}}, "filters.min_stars"),
        ("ask", {"question": "什么", "filters": {"sections": ["five"]}}, "filters.sections.0"),
        ("ask", {"question": "什么", "filters": {"stars": 5}}, "filters.stars"),
        ("ask", {"question": "什么", "filters": []}, "filters"),
        ("search", {}, "query"),
        ("search", {"query": ""}, "query"),
        ("search", {"query": "   "}, "query"),
        ("search", {"query": "问" * 2001}, "query"),
        ("search", {"query": "什么", "k": 0}, "k"),
        ("search", {"query": "什么", "k": 51}, "k"),
        ("search", {"query": "什么", "k": "many"}, "k"),
        ("search", {"query": "什么", "k": 1.5}, "k"),
        ("search", {"query": "什么", "question": "什么"}, "question"),
        ("search", [], "body"),
        ("search", "什么", "body"),
    ],
)
def test_a_faulty_field_is_named(client: TestClient, path: str, body: object, field: str) -> None:
    assert fields(client.post(f"/v1/{path}", json=body)) == [field]


def test_all_faulty_fields_are_named(client: TestClient) -> None:
    reply = client.post("/v1/search", json={"query": "", "k": 99, "top": 1})
    assert sorted(fields(reply)) == ["k", "query", "top"]


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b'{"question": "a"', b"question=a", b"\xff\xfe{}", b"[" * 30_000, b'{"question": "\xff"}'],
    ids=lambda content: repr(content[:12]),
)
def test_malformed_json(client: TestClient, content: bytes) -> None:
    reply = client.post("/v1/ask", content=content, headers={"content-type": "application/json"})
    assert fields(reply) == ["body"]


def test_half_a_surrogate_pair_is_refused(client: TestClient) -> None:
    reply = client.post("/v1/ask", content=b'{"question": "\\ud83d"}', headers={"content-type": "application/json"})
    assert fields(reply) == ["question"]


@pytest.mark.parametrize("length", [1, 2000])
def test_question_lengths_that_are_taken(client: TestClient, length: int) -> None:
    assert client.post("/v1/ask", json={"question": "问" * length}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search", "/nowhere"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused(client: TestClient, path: str, chunked: bool) -> None:
    body = json.dumps({"question": "a", "history": [{"role": "user", "content": "x" * 9000}] * 8}).encode()
    assert len(body) > LIMIT
    parts: Iterator[bytes] = (body[at : at + 1000] for at in range(0, len(body), 1000))
    reply = client.post(path, content=parts if chunked else body, headers={"content-type": "application/json"})
    assert (reply.request.headers.get("content-length") is None) == chunked
    assert "65536" in problem(reply, 413)["detail"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_just_the_limit_is_taken(client: TestClient, chunked: bool) -> None:
    body = b'{"query": "LoRA"}'.ljust(LIMIT)
    headers = {"content-type": "application/json"}
    reply = client.post("/v1/search", content=iter([body]) if chunked else body, headers=headers)
    assert reply.status_code == 200


def test_all_bodies_that_are_held_are_bounded() -> None:
    """Two uploads that together are over the bound: the second is told to come back, and what ended frees its room."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await release.wait()
        await PlainTextResponse("done")(scope, receive, send)

    async def crowd() -> list[int]:
        transport = httpx.ASGITransport(BodyLimit(app, all_bytes=1000))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            first = asyncio.create_task(client.post("/v1/ask", content=b"a" * 900))
            await asyncio.sleep(0.05)
            second = await client.post("/v1/ask", content=b"b" * 900)
            release.set()
            third = [(await first).status_code, (await client.post("/v1/ask", content=b"c" * 900)).status_code]
            assert second.headers["retry-after"]
            return [second.status_code, *third]

    release = asyncio.Event()
    assert asyncio.run(crowd()) == [503, 200, 200]


def test_not_found(client: TestClient) -> None:
    assert "'99.1'" in problem(client.get("/v1/entries/99.1"), 404)["detail"]
    assert "'none.md'" in problem(client.get("/v1/documents/none.md"), 404)["detail"]
    assert "'../settings.py'" in problem(client.get("/v1/documents/%2E%2E/settings.py"), 404)["detail"]
    problem(client.get("/nowhere"), 404)


def test_method_not_allowed(client: TestClient) -> None:
    reply = client.get("/v1/ask")
    problem(reply, 405)
    assert reply.headers["allow"] == "POST"
    problem(client.post("/healthz"), 405)


@pytest.mark.parametrize(
    ("where", "named"),
    [
        ({"start": -1}, "start"),
        ({"end": -1}, "end"),
        ({"start": "a"}, "start"),
        ({"start": 9, "end": 5}, "start 9 and end 5"),
        ({"end": 10**9}, "end 1000000000"),
        ({"start": 10**9}, "start 1000000000"),
    ],
    ids=str,
)
def test_offsets_outside_the_document(client: TestClient, where: dict[str, Any], named: str) -> None:
    reply = client.get("/v1/documents/大模型全技术面试大纲.md", params=where)
    assert named in problem(reply, 422)["detail"]


def test_without_an_index(settings: ServiceSettings, embedder: Embedder, tmp_path: Path) -> None:
    empty = settings.model_copy(update={"index": tmp_path / "none"})
    with TestClient(create_app(Service(empty, embedder))) as client:
        assert client.get("/healthz").status_code == 200
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["status"] == "unready"
        assert ready.json()["index_version"] is None
        assert "`python -m ingest build`" in ready.json()["reasons"][0]
        replies = [
            client.post("/v1/ask", json={"question": "什么是 LoRA？"}),
            client.post("/v1/ask", json={"question": "什么是 LoRA？", "stream": True}),
            client.post("/v1/search", json={"query": "LoRA"}),
            client.get("/v1/outline"),
            client.get("/v1/entries/3.8"),
            client.get("/v1/documents/a.md"),
        ]
        for reply in replies:
            assert "`python -m ingest build`" in problem(reply, 503)["detail"]
            assert int(reply.headers["retry-after"]) > 0
        assert fields(client.post("/v1/ask", json={"question": ""})) == ["question"]


def test_more_in_flight_than_allowed(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> None:
    two = settings.model_copy(update={"in_flight": 2})
    gate = threading.Event()

    service = Service(two, embedder)

    def held(questions: Sequence[tuple[str, Words]]) -> list[Query]:
        assert gate.wait(30)
        return service.queries([text for text, _ in questions], snapshot.pack.words)

    service.embed = Batcher(held)
    app = create_app(service)

    async def crowd() -> None:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        ):
            first = asyncio.create_task(client.post("/v1/ask", json={"question": "什么是 LoRA？"}))
            second = asyncio.create_task(client.post("/v1/search", json={"query": "LoRA"}))
            while app.state.outline_qa.in_flight < 2:
                await asyncio.sleep(0.01)
            for path, body in (
                ("ask", {"question": "什么"}),
                ("ask", {"question": "什么", "stream": True}),
                ("search", {"query": "什么"}),
            ):
                reply = await client.post(f"/v1/{path}", json=body)
                problem(reply, 429)
                assert int(reply.headers["retry-after"]) > 0
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/v1/outline")).status_code == 200
            gate.set()
            assert [reply.status_code for reply in await asyncio.gather(first, second)] == [200, 200]
            assert app.state.outline_qa.in_flight == 0
            streamed = await client.post("/v1/ask", json={"question": "什么是 LoRA？", "stream": True})
            assert streamed.status_code == 200
            assert app.state.outline_qa.in_flight == 0

    asyncio.run(asyncio.wait_for(crowd(), 60))


@pytest.fixture
def broken(service: Service) -> Iterator[TestClient]:
    """An app whose embedding model fails."""

    def fail(questions: Sequence[tuple[str, Words]]) -> list[Query]:
        raise ZeroDivisionError("the secret of the stack")

    service.embed = Batcher(fail)
    with TestClient(create_app(service), raise_server_exceptions=False) as client:
        yield client


def test_an_unhandled_exception(broken: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    for path, body in (("ask", {"question": "什么是 LoRA？"}), ("search", {"query": "LoRA"})):
        caplog.clear()
        with caplog.at_level(logging.ERROR):
            reply = broken.post(f"/v1/{path}", json=body)
        told = problem(reply, 500)
        assert not any(word in reply.text for word in ("secret", "Traceback", "ZeroDivision", ".py"))
        assert told["request_id"] in caplog.text
        assert "ZeroDivisionError: the secret of the stack" in caplog.text
    assert broken.get("/healthz").status_code == 200


def test_a_failed_request_gives_its_place_back(broken: TestClient) -> None:
    for stream in (False, True):
        broken.post("/v1/ask", json={"question": "什么是 LoRA？", "stream": stream})
    assert broken.app.state.outline_qa.in_flight == 0  # type: ignore[attr-defined]


def test_an_exception_within_a_stream(broken: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    reply = broken.post("/v1/ask", json={"question": "什么是 LoRA？", "stream": True})
    assert reply.status_code == 200
    assert reply.text.count("event: ") == 2
    assert reply.text.index("event: meta") < reply.text.index("event: error")
    told = json.loads(reply.text.rpartition("data: ")[2])
    assert told["status"] == 500
    assert told["request_id"] == reply.headers["x-request-id"]
    assert "secret" not in reply.text
    assert "ZeroDivisionError" in caplog.text
