"""A service over HTTP on a free port whose replies are fixed and keep to the contract."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from service.api import contract

DOCUMENT = "大纲 #1.md"
TEXT = "LoRA 冻结原模型。它只训练低秩矩阵。\n"


@dataclass
class StubService:
    """Finds entries 3.8, 5.3 and 5.4; `answers` says what a question gets, `requests` what was posted."""

    url: str = ""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    busy: int = 0  # so many requests get 429 first
    ready: bool = True
    entries: tuple[str, ...] = ("3.8", "5.3", "5.4")
    in_flight: int = 0
    hang: float = 0  # seconds before the reply to a question
    good_for: int = 10**6  # questions; after them each gets a 500

    def get(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any] | str]:
        if path == "/metrics":
            return 200, f"# TYPE outline_qa_in_flight gauge\noutline_qa_in_flight {float(self.in_flight)}\n"
        if path == "/v1/outline":
            return 200, outline(self.entries).model_dump()
        if path == "/readyz":
            status = "ready" if self.ready else "unready"
            reasons = [] if self.ready else ["no index; run `python -m ingest build`"]
            ready = contract.Readiness(status=status, index_version="v1", generator="extractive", reasons=reasons)
            return (200 if self.ready else 503), ready.model_dump()
        start, end = (int(query.get(name, ["0"])[0]) for name in ("start", "end"))
        if path != f"/v1/documents/{DOCUMENT}" or not start <= end <= len(TEXT):
            return 404, contract.Problem(title="Not Found", status=404, detail=path).model_dump()
        passage = contract.DocumentResponse(
            document=DOCUMENT,
            start=start,
            end=end,
            text=TEXT[start:end],
            length=len(TEXT),
            index_version="v1",
        )
        return 200, passage.model_dump()

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.requests.append((path, body))
        if self.busy:
            self.busy -= 1
            return 429, {"title": "Too Many Requests"}
        if path == "/v1/search":
            request = contract.SearchRequest.model_validate(body)
            found = contract.SearchResponse(
                query=request.query,
                index_version="v1",
                timings_ms={},
                results=[result(e) for e in ("3.8", None, "5.3", "3.8", "5.4")],
            )
            return 200, found.model_dump()
        asked = contract.AskRequest.model_validate(body)
        time.sleep(self.hang)
        self.good_for -= 1
        if self.good_for < 0:
            return 500, {"title": "Internal Server Error"}
        given = {"status": "answered", "answer": "", "citations": []} | self.answers.get(asked.question, {})
        return 200, contract.AskResponse.model_validate(
            {"id": "a-1", "related": [], "generator": "extractive", "index_version": "v1", "timings_ms": {"embed": 3.0}}
            | given
        ).model_dump()


def outline(entries: Sequence[str]) -> contract.OutlineResponse:
    told = [contract.OutlineEntry(id=e, number=1, question=e, stars=3, answered=True) for e in entries]
    section = contract.OutlineSection(number=5, title="微调", document=DOCUMENT, entries=told)
    return contract.OutlineResponse(index_version="v1", speech={}, sections=[section])


def result(entry_id: str | None) -> contract.Result:
    return contract.Result(
        document=DOCUMENT,
        start=0,
        end=4,
        chunk_id="c1",
        entry_id=entry_id,
        heading_path=[],
        text="LoRA",
        score=1,
        bm25_rank=1,
        dense_rank=1,
        rerank_score=None,
    )


def citation(n: int, start: int, end: int, entry_id: str = "5.3", quote: str | None = None) -> dict[str, Any]:
    """Make a citation of the document; verbatim unless another quote is given."""
    return {
        "n": n,
        "document": DOCUMENT,
        "start": start,
        "end": end,
        "chunk_id": "c1",
        "entry_id": entry_id,
        "heading_path": [],
        "quote": TEXT[start:end] if quote is None else quote,
        "support": 1,
    }


@contextmanager
def stub_service() -> Iterator[StubService]:
    """Serve a StubService."""
    served = StubService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self.send(*served.get(unquote(parts.path), parse_qs(parts.query)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send(*served.post(self.path, json.loads(body)))

        def send(self, status: int, body: dict[str, Any] | str) -> None:
            sent = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            if status == 429:
                self.send_header("Retry-After", "0")
            self.end_headers()
            with suppress(BrokenPipeError):  # who asked has gone
                self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    thread.join()
    server.server_close()
