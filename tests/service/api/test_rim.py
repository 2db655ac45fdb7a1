"""What every reply has, under which names the service answers, and what a client who leaves is counted as."""

import asyncio
import time
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from service.api.hosts import Hosts
from service.api.prometheus import Measured
from service.serve.metrics import Metrics
from service.serve.tokens import Tokens


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "10.0.0.7", "service:8000", "qa.localhost", "QA.Example.com"]
)
def test_own_names_are_answered(host: str) -> None:
    assert through(Hosts, host, hosts=["qa.example.com"]) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8000", "localhost.evil.example", "qa.example.com.evil.example"]
)
def test_a_name_bound_anew_is_not(client: TestClient, host: str) -> None:
    assert through(Hosts, host, hosts=["qa.example.com"]) == 421
    reply = client.get("/v1/outline", headers={"host": host})
    assert reply.status_code == 421
    assert reply.headers["content-type"] == "application/problem+json"
    assert "OUTLINE_QA_HOSTS" in reply.json()["detail"]
    assert client.get("/healthz", headers={"host": host}).status_code == 200


def through(middleware: Any, host: str, **options: Any) -> int:
    statuses: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Message) -> None:
        statuses.append(message.get("status", 0))

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "path": "/v1/outline", "method": "GET", "headers": [(b"host", host.encode())]}
    asyncio.run(middleware(app, **options)(scope, receive, send))
    return statuses[0]


@pytest.mark.parametrize("path", ["/v1/ask/", "/widget", "/docs/", "/v1/outline/"])
def test_nothing_is_redirected_to_the_name_that_the_client_gave(client: TestClient, path: str) -> None:
    reply = client.get(path, headers={"host": "localhost"}, follow_redirects=False)
    assert "location" not in reply.headers
    assert reply.status_code < 300 or reply.status_code >= 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/ask", 405),
        ("POST", "/v1/ask", 422),
        ("OPTIONS", "/v1/ask", 400),
    ],
)
def test_every_reply_has_an_id_and_is_what_it_says(client: TestClient, method: str, path: str, status: int) -> None:
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    reply = client.request(method, path, headers=preflight if method == "OPTIONS" else {})
    assert reply.status_code == status
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert len(reply.headers["x-request-id"]) == 12


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/v1/outline", "/v1/entries/1.1", "/widget.js", "/metrics", "/v1/models"]
)
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    head, whole = client.head(path), client.get(path)
    assert head.status_code == whole.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == whole.headers["content-type"]


def test_who_leaves_before_there_is_a_reply_is_no_failure_of_ours() -> None:
    metrics = Metrics()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "http.disconnect"

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    asyncio.run(Measured(app, metrics)({"type": "http", "method": "POST", "path": "/"}, receive, send))
    assert 'status="499"' in metrics.text("")[0].decode()
    assert 'status="500"' not in metrics.text("")[0].decode()


@pytest.mark.parametrize("jump", [-1e9, -3600, 3600, 1e9])
def test_a_clock_that_is_set_anew_locks_nobody_out(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    tokens = Tokens("secret", 60)
    token = tokens.issue("https://site.example")
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + jump)
    tokens.check(token, "https://site.example")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/ask", {"question": "什么是海星协议？"}),
        ("/v1/ask", {"question": "什么是海星协议？", "stream": True}),
        ("/v1/search", {"query": "什么是海星协议？"}),
        (
            "/v1/chat/completions",
            {"model": "outline-qa", "messages": [{"role": "user", "content": "什么是海星协议？"}]},
        ),
        (
            "/v1/chat/completions",
            {"model": "outline-qa", "stream": True, "messages": [{"role": "user", "content": "什么是海星协议？"}]},
        ),
        ("/v1/responses", {"model": "outline-qa", "stream": True, "input": "什么是海星协议？"}),
        (
            "/v1/ask?format=ai-sdk",
            {"messages": [{"role": "user", "parts": [{"type": "text", "text": "什么是海星协议？"}]}]},
        ),
    ],
)
def test_who_comes_too_many_is_told_when_to_come_back(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, Any]
) -> None:
    known = {"question": "什么是 LoRA？"}
    whole = client.post("/v1/ask", json=known).json()
    runtime = client.app.state.outline_qa  # type: ignore[attr-defined]
    for bound in ("places", "most"):
        monkeypatch.setattr(runtime.admission.queue, bound, 0)
    reply = client.post(path, json=body)
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) >= 1
    assert reply.headers["content-type"] == "application/problem+json"
    assert client.post("/v1/ask", json=known).json()["answer"] == whole["answer"]  # what is kept needs no place
    assert "outline_qa_places 0.0" in client.get("/metrics").text
    assert runtime.admission.queue.running == 0
