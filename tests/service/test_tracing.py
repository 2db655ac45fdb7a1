"""One trace from the caller to the language model: what its spans are called, and what is not in them."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient
from structlog.contextvars import bound_contextvars

from benchmarks.faulty_llm import MODEL, FaultyLLM, faulty_llm
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.logs import begin_log
from service.settings import ServiceSettings, VllmSettings
from service.tracing import open_tracing, span, tracing_to

QUESTION = "QLoRA 的训练速度比 LoRA 慢吗？"
ANSWER = "由于存在动态的反量化操作，QLoRA 的训练速度可能会比标准 LoRA 稍慢。[1]"
CALLER = "0af7651916cd43dd8448eb211c80319c"


@dataclass
class Seen:
    llm: FaultyLLM
    spans: list[ReadableSpan]
    replies: list[str] = field(default_factory=list)
    figures: str = ""

    def named(self, name: str) -> ReadableSpan:
        return next(each for each in self.spans if each.name == name)


@pytest.fixture(scope="module")
def seen(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Seen:
    """What a question with a caller's trace leaves behind."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with faulty_llm(answer=ANSWER) as llm:
        writer = VllmSettings(kind="vllm", base_urls=[llm.url], model=MODEL)
        own = settings.model_copy(update={"writer": writer})
        app = create_app(Service(own, embedder), tracing=tracing_to(provider))
        headers = {"traceparent": f"00-{CALLER}-b7ad6b7169203331-01"}
        with TestClient(app) as client:
            reply = client.post("/v1/ask", json={"question": QUESTION}, headers=headers)
            assert reply.json()["generator"] == f"vllm:{MODEL}"
            figures = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}).text
        return Seen(llm, list(exporter.get_finished_spans()), [reply.text], figures)


def test_the_spans_of_an_answer_are_one_trace_of_the_callers(seen: Seen) -> None:
    own = [each for each in seen.spans if f"{each.context.trace_id:032x}" == CALLER]
    names = {each.context.span_id: each.name for each in own}
    parents = {each.name: names.get(each.parent.span_id) if each.parent else None for each in own}
    assert parents["POST /v1/ask"] is None
    assert parents["answer"] == "POST /v1/ask"
    assert {"guard", "condense", "retrieval", "rerank", "decide", "write"} <= {
        name for name, parent in parents.items() if parent == "answer"
    }
    assert parents["check"] == parents[f"chat {MODEL}"] == "write"


def test_names_are_those_of_the_conventions(seen: Seen) -> None:
    chat, retrieval = dict(seen.named(f"chat {MODEL}").attributes or {}), seen.named("retrieval").attributes or {}
    assert chat["gen_ai.operation.name"] == "chat"
    assert (chat["gen_ai.request.model"], chat["gen_ai.response.finish_reasons"]) == (MODEL, ("stop",))
    assert 0 < float(str(chat["gen_ai.response.time_to_first_chunk"])) < 60
    assert chat["openinference.span.kind"] == "LLM"
    assert retrieval["gen_ai.operation.name"] == "retrieval"
    assert retrieval["retrieval.documents.0.document.id"]
    assert seen.named("embeddings").attributes
    assert (seen.named("answer").attributes or {})["outline_qa.status"] == "answered"


def test_the_language_model_is_told_of_the_trace(seen: Seen) -> None:
    chat = seen.named(f"chat {MODEL}").context
    assert chat
    told = [headers["traceparent"] for headers in seen.llm.headers if "traceparent" in headers]
    assert f"00-{CALLER}-{chat.span_id:016x}-01" in told


def test_nothing_that_people_wrote_or_read_is_in_a_span(seen: Seen) -> None:
    whole = "".join(each.to_json() for each in seen.spans)
    assert "QLoRA" not in whole
    assert "\\u8bad\\u7ec3" not in whole  # 训练


def test_histograms_name_a_trace(seen: Seen) -> None:
    assert f'# {{trace_id="{CALLER}"}}' in seen.figures


def test_content_where_it_is_wanted() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for wanted in (False, True):
        with tracing_to(provider, wanted).begun(), span("answer", "CHAIN") as noted:
            noted.content(input__value="secret")
    plain, full = exporter.get_finished_spans()
    assert "input.value" not in (plain.attributes or {})
    assert (full.attributes or {})["input.value"] == "secret"


def test_an_error_is_noted_without_its_words() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with pytest.raises(ValueError, match="secret"), tracing_to(provider).begun(), span("answer", "CHAIN"):
        raise ValueError("secret")
    (failed,) = exporter.get_finished_spans()
    assert (failed.attributes or {})["error.type"] == "ValueError"
    assert "secret" not in failed.to_json()


def test_without_tracing_nothing_is_made() -> None:
    with span("answer", "CHAIN") as noted:
        assert type(noted).__name__ == "Noted"


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """A collector of OTLP over HTTP."""
    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """It is silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", bodies
    server.shutdown()
    server.server_close()


def test_spans_reach_a_collector(receiver: tuple[str, list[bytes]]) -> None:
    url, bodies = receiver
    tracing = open_tracing(url, 1.0, False)
    with tracing.begun(), span("retrieval", "RETRIEVER"):
        pass
    tracing.close()
    sent = ExportTraceServiceRequest.FromString(bodies[0])
    (resource,) = sent.resource_spans
    assert {each.key: each.value.string_value for each in resource.resource.attributes}["service.name"] == "outline-qa"
    assert resource.scope_spans[0].spans[0].name == "retrieval"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_of_the_log_names_its_request_and_trace(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        begin_log("debug", "json" if form == "json" else "text", content=False)
        with bound_contextvars(request_id="r1"), tracing_to(provider).begun(), span("answer", "CHAIN"):
            logging.getLogger("service.x").debug("own %s", 1)
            logging.getLogger("openai").debug("what people asked")
    finally:
        logging.getLogger().handlers[:], level = before
        logging.getLogger().setLevel(level)
        for name in ("service", "ingest", "httpx"):
            logging.getLogger(name).setLevel(logging.NOTSET)
    (line,) = capsys.readouterr().err.splitlines()
    (kept,) = exporter.get_finished_spans()
    trace_id = f"{kept.context.trace_id:032x}" if kept.context else ""
    if form == "json":
        told = json.loads(line)
        assert (told["message"], told["request_id"], told["trace_id"]) == ("own 1", "r1", trace_id)
    else:
        assert "DEBUG service.x: own 1" in line
        assert f"trace_id={trace_id}" in line
