"""An OpenAI-compatible server on loopback that answers from a script, or fails the way real ones do.

Set `fault` and `answer`; requests count what arrived and what is still open.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from benchmarks.loopback import serve

MODEL = "faulty"
FAULTS = {
    "500",
    "500 once",
    "404",
    "401",
    "context",
    "slow",
    "stall",
    "reset",
    "reset at once",
    "half a character",
    "truncated event",
    "no finish",
    "error event",
    "no json",
    "nonsense",
    "empty",
    "length",
}


@dataclass
class FaultyLLM:
    """The server's script and what it saw."""

    answer: str | Callable[[str], str] = "LoRA 冻结权重。[1]"
    fault: str = ""
    form: dict[str, Any] | None = None  # the reply to a request for structured output
    size: int = 4  # characters of a chunk
    pause: float = 0.0  # seconds before each chunk
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    running: int = 0
    url: str = ""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
                Route("/v1/models", self.models),
                Route("/metrics", self.metrics),
                Route("/tokenize", self.tokenize, methods=["POST"]),
            ]
        )

    async def models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    async def metrics(self, request: Request) -> Response:
        return PlainTextResponse(
            f'vllm:num_requests_running{{engine="0"}} {self.running}\nvllm:generation_tokens_total{{engine="0"}} 7\n'
        )

    async def tokenize(self, request: Request) -> Response:
        return JSONResponse({"count": len((await request.json())["prompt"])})

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        self.headers.append(dict(request.headers))
        if "response_format" in body:
            return self._filled()
        match self.fault:
            case "500" | "500 once":
                self.fault = "" if self.fault == "500 once" else self.fault
                return JSONResponse({"error": {"message": "boom", "type": "server_error"}}, 500)
            case "404":
                told = {"message": f"The model `{body['model']}` does not exist.", "type": "NotFoundError", "code": 404}
                return JSONResponse({"error": told}, 404)
            case "401":
                return JSONResponse({"error": {"message": "Unauthorized"}}, 401)
            case "context":
                told = {"message": "This model's maximum context length is 512 tokens.", "type": "BadRequestError"}
                return JSONResponse({"error": told}, 400)
            case "no json":
                return PlainTextResponse("<html>gateway</html>", media_type="text/html")
        return StreamingResponse(self._stream(body), media_type="text/event-stream")

    def _filled(self) -> Response:
        if self.form is None:
            return JSONResponse({"error": {"message": "no"}}, 500)
        message = {"role": "assistant", "content": json.dumps(self.form, ensure_ascii=False)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return JSONResponse({"id": "f", "object": "chat.completion", "created": 0, "model": MODEL, "choices": [choice]})

    async def _stream(self, body: dict[str, Any]) -> AsyncIterator[bytes]:
        self.running += 1
        try:
            async for piece in self._pieces(body["messages"][-1]["content"]):
                yield piece
        finally:
            self.running -= 1

    async def _pieces(self, prompt: str) -> AsyncIterator[bytes]:
        text = self.answer(prompt) if callable(self.answer) else self.answer
        if self.fault == "nonsense":
            text = "香蕉在月球上每天产出 42 吨量子汤，由企鹅运到 Atlantis。[9] Bananas vote for purple Tuesdays. [1]"
        if self.fault == "empty":
            text = ""
        yield _event({"role": "assistant", "content": ""})
        if self.fault == "slow":
            await asyncio.sleep(3600)
        if self.fault == "reset at once":
            raise ConnectionResetError("gone")
        half = len(text) // 2
        for start in range(0, len(text), self.size):
            await asyncio.sleep(self.pause)
            if start >= half:
                async for piece in self._middle():
                    yield piece
            yield _event({"content": text[start : start + self.size]})
        if self.fault != "no finish":
            yield _event({}, "length" if self.fault == "length" else "stop")
            yield b"data: [DONE]\n\n"

    async def _middle(self) -> AsyncIterator[bytes]:
        """What goes wrong half way."""
        match self.fault:
            case "stall":
                await asyncio.sleep(3600)
            case "reset":
                raise ConnectionResetError("gone")
            case "half a character":
                yield 'data: {"choices": [{"delta": {"content": "权'.encode()[:-1]
                raise ConnectionResetError("gone")
            case "truncated event":
                yield b'data: {"id": "f", "choices": [{"index": 0, "del\n\n'
            case "error event":
                yield b'data: {"error": {"message": "engine died", "code": 500}}\n\n'


def _event(delta: dict[str, Any], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    chunk = {"id": "f", "object": "chat.completion.chunk", "created": 0, "model": MODEL, "choices": [choice]}
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


@contextmanager
def faulty_llm(**script: Any) -> Iterator[FaultyLLM]:
    """Run the server in a thread; its own tracebacks are part of the script and stay silent."""
    llm = FaultyLLM(**script)
    with serve(llm.app()) as url:
        llm.url = f"{url}/v1"
        yield llm
