"""An OpenAI-compatible server on loopback that fills in a judge's forms from a script, or fails as real ones do."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from benchmarks.loopback import serve

needs_ragas = pytest.mark.skipif(find_spec("ragas") is None, reason="RAGAs has an environment of its own")
MODEL = "faulty-judge"
FAULTS = {
    "",
    "500",
    "401",
    "context",  # the prompt is longer than the model's context
    "no priority",  # refuses a field that it does not know
    "no scheduling",  # vLLM without --scheduling-policy priority
    "hang",
    "drop",
    "prose",  # text that is no JSON
    "empty",
    "other form",  # JSON of another form
    "length",  # cut off
    "length once",
    "html",  # a body that is no chat completion
}
Filled = dict[str, Any] | Callable[[str], dict[str, Any]]


@dataclass
class FaultyJudge:
    """`script` fills a form by its name; `fault` begins after `good` replies. `asked` is what arrived."""

    script: dict[str, Filled] = field(default_factory=dict)
    fault: str = ""
    good: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
                Route("/v1/models", self.models),
            ]
        )

    def prompts(self, form: str) -> list[str]:
        """Return what was asked for a form."""
        return [body["messages"][-1]["content"] for body in self.asked if _form(body) == form]

    async def models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    async def chat(self, request: Request) -> Response:
        assert self.fault in FAULTS
        body = await request.json()
        self.asked.append(body)
        if not self.fault or len(self.asked) <= self.good:
            filled = self.script[_form(body)]
            told = filled(body["messages"][-1]["content"]) if callable(filled) else filled
            return _said(json.dumps(told, ensure_ascii=False))
        return self._fault()

    async def _broken(self) -> AsyncIterator[bytes]:
        yield b'{"id": '
        if self.fault == "hang":
            await asyncio.sleep(3600)
        raise ConnectionResetError("gone")

    def _fault(self) -> Response:
        match self.fault:
            case "hang" | "drop":
                return StreamingResponse(self._broken(), media_type="application/json")
            case "500":
                return JSONResponse({"error": {"message": "engine died"}}, 500)
            case "401":
                return JSONResponse({"error": {"message": "Unauthorized"}}, 401)
            case "context":
                return _refused("This model's maximum context length is 512 tokens.")
            case "no priority":
                return _refused("Unrecognized request argument supplied: priority")
            case "no scheduling":
                return _refused("Got priority 9 but Priority scheduling is not enabled.")
            case "html":
                return PlainTextResponse("<html>gateway</html>", media_type="text/html")
            case "length" | "length once":
                self.fault = "" if self.fault == "length once" else self.fault
                return _said('{"statements": ["LoRA', "length")
            case "other form":
                return _said('{"banana": 42}')
        return _said("" if self.fault == "empty" else "香蕉在月球上唱歌。")


def _refused(why: str) -> Response:
    return JSONResponse({"error": {"message": why, "type": "BadRequestError"}}, 400)


def _said(text: str, finish: str = "stop") -> Response:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return JSONResponse({"id": "f", "object": "chat.completion", "created": 0, "model": MODEL, "choices": [choice]})


def _form(body: dict[str, Any]) -> str:
    return str(body.get("response_format", {}).get("json_schema", {}).get("name", ""))


@contextmanager
def faulty_judge(**script: Any) -> Iterator[FaultyJudge]:
    """Run the server in a thread; its own tracebacks are part of the script and stay silent."""
    judge = FaultyJudge(**script)
    with serve(judge.app()) as url:
        judge.url = f"{url}/v1"
        yield judge
