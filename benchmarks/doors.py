"""What each door adds to /v1/ask, and how soon the command line begins to answer: `python -m benchmarks.doors`.

The same kept answer is asked in turn through every door on the same machine. The command is a process of its own, timed
from its start to the first words, by the address of that service and over the index here, whose files are warm.
"""

import asyncio
import statistics
import subprocess
import sys
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

QUESTION, ROUNDS, COMMANDS = "QLoRA 的训练速度比 LoRA 慢吗？", 60, 7
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


def first_words(*options: str) -> list[float]:
    """Return seconds from the command to the first words of its answer."""
    took = []
    for _ in range(COMMANDS + 1):
        began = time.perf_counter()
        command = [sys.executable, "-m", "service", "ask", QUESTION, *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout
            if not process.stdout.read(1):
                raise SystemExit(f"{' '.join(command)} said nothing")
            took.append(time.perf_counter() - began)
            process.stdout.read()
    return took[1:]


def main() -> None:
    with TemporaryDirectory() as folder:
        settings = ServiceSettings(store=StoreSettings(path=Path(folder) / "answers.sqlite"))
        with serve(create_app(Service(settings))) as url:
            took = asyncio.run(measure(url))
            commands = {"command, by address": first_words("--url", url)}
        commands["command, in process"] = first_words()
    plain = statistics.median(took["/v1/ask"])
    for name, times in took.items():
        middle = statistics.median(times)
        print(f"{name:28} p50 {middle:6.1f} ms, {middle - plain:+5.1f} ms, {middle / plain:4.1f} times /v1/ask")
    for name, seconds in commands.items():
        middle, most = statistics.median(seconds), max(seconds)
        print(f"{name:28} first words p50 {middle:.2f} s, at least {min(seconds):.2f}, at most {most:.2f} s")


if __name__ == "__main__":
    main()
