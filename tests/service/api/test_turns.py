"""Questions that come too many are refused at once, whatever else the service does."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.serve.admission import LOOKING
from service.settings import ServiceSettings

QUESTION = {"question": "什么是海星协议？"}


@pytest.fixture
def app(settings: ServiceSettings, embedder: Embedder) -> FastAPI:
    """An app with two places and room for two who wait."""
    return create_app(Service(settings.model_copy(update={"in_flight": 2}), embedder))


async def refused_unread(app: FastAPI, path: str) -> tuple[int, dict[bytes, bytes], int]:
    """Put a question whose body never comes; return the reply's status and headers, and how often it was read."""
    reads, sent = 0, list[Message]()

    async def receive() -> Message:
        nonlocal reads
        reads += 1
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", b"60000")]
    scope: dict[str, Any] = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
        "root_path": "", "scheme": "http", "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    await asyncio.wait_for(app(scope, receive, send), 30)
    return sent[0]["status"], dict(sent[0]["headers"]), reads


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search", "/v1/chat/completions", "/v1/responses", "/mcp"])
def test_a_refusal_is_made_before_the_body_is_there_and_while_all_who_work_are_held(app: FastAPI, path: str) -> None:
    async def run() -> None:
        async with app.router.lifespan_context(app):
            runtime = app.state.outline_qa
            admission, release = runtime.admission, asyncio.Event()

            async def hold() -> None:
                async with admission.place("address:127.0.0.1"):
                    await release.wait()

            held = [asyncio.create_task(hold()) for _ in range(4)]
            await asyncio.sleep(0)
            looks = [admission.look("address:127.0.0.1") for _ in range(LOOKING)]
            for look in looks:
                look.__enter__()
            status, headers, reads = await refused_unread(app, path)
            assert (status, reads) == (429, 0)
            assert int(headers[b"retry-after"]) >= 1
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                assert (await client.get("/healthz")).status_code == 200
                assert (await client.get("/v1/outline")).status_code == 200
            for look in reversed(looks):
                look.__exit__(None, None, None)
            release.set()
            await asyncio.gather(*held)

    asyncio.run(run())


def test_of_a_crowd_the_first_are_answered_and_the_others_told_when_to_come_back(app: FastAPI) -> None:
    async def run() -> None:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            asks = [client.post("/v1/ask", json={"question": f"什么是海星协议？{n}"}) for n in range(40)]
            replies = await asyncio.gather(*asks)
            assert {reply.status_code for reply in replies} == {200, 429}
            assert all(int(reply.headers["retry-after"]) >= 1 for reply in replies if reply.status_code == 429)
            queue = app.state.outline_qa.admission.queue
            assert queue.running == queue.waiting == 0
            assert not app.state.outline_qa.admission.crowded("address:127.0.0.1")
            assert (await client.post("/v1/ask", json=QUESTION)).status_code == 200

    asyncio.run(run())
