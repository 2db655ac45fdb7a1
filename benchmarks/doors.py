"""What each door adds to /v1/ask: the same kept answer, asked in turn through every door on the same machine."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from mcp.client.client import Client

from benchmarks.loopback import serve
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings, StoreSettings

QUESTION, ROUNDS = "QLoRA 的训练速度比 LoRA 慢吗？", 60
MESSAGES = [{"role": "user", "content": QUESTION}]
UI = [{"role": "user", "parts": [{"type": "text", "text": QUESTION}]}]
CALL = {"name": "ask", "arguments": {"question": QUESTION}}
MCP = {"accept": "application/json, text/event-stream"}
CLIENT = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "1"}}
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": CLIENT}
BODIES: dict[str, tuple[str, dict[str, object]]] = {
    "/v1/ask": ("/v1/ask", {"question": QUESTION}),
    "/v1/ask, streamed": ("/v1/ask", {"question": QUESTION, "stream": True}),
    "chat completions": ("/v1/chat/completions", {"model": "outline-qa", "messages": MESSAGES}),
    "responses": ("/v1/responses", {"model": "outline-qa", "input": QUESTION}),
    "ai sdk": ("/v1/ask?format=ai-sdk", {"messages": UI}),
    "mcp": ("/mcp", {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": CALL}),
}


async def measure(url: str) -> dict[str, list[float]]:
    """Return milliseconds of each door; answers are kept, so what is measured is the door."""
    async with httpx.AsyncClient(base_url=url, timeout=120, trust_env=False) as http, Client(f"{url}/mcp") as mcp:
        session = (await http.post("/mcp", json=HELLO, headers=MCP)).headers["mcp-session-id"]

        def post(path: str, body: dict[str, object]) -> Callable[[], Awaitable[object]]:
            headers = MCP | {"mcp-session-id": session} if path == "/mcp" else {}
            return lambda: http.post(path, json=body, headers=headers)

        doors = {name: post(*sent) for name, sent in BODIES.items()}
        doors["mcp, with the SDK's client"] = lambda: mcp.call_tool("ask", {"question": QUESTION})
        took: dict[str, list[float]] = {name: [] for name in doors}
        for _ in range(ROUNDS + 5):
            for name, ask in doors.items():
                began = time.perf_counter()
                await ask()
                took[name].append((time.perf_counter() - began) * 1000)
    return {name: times[5:] for name, times in took.items()}


def main() -> None:
    with TemporaryDirectory() as folder:
        settings = ServiceSettings(store=StoreSettings(path=Path(folder) / "answers.sqlite"))
        with serve(create_app(Service(settings))) as url:
            took = asyncio.run(measure(url))
    plain = statistics.median(took["/v1/ask"])
    for name, times in took.items():
        middle = statistics.median(times)
        print(f"{name:28} p50 {middle:6.1f} ms, {middle - plain:+5.1f} ms, {middle / plain:4.1f} times /v1/ask")


if __name__ == "__main__":
    main()
