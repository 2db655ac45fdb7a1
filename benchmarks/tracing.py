"""What tracing costs: the same questions with it off, and on for a tenth and all of them, in turns; and a picture.

`--picture FILE` draws one trace, from the caller to a language model on loopback, as SVG.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from html import escape
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from starlette.testclient import TestClient

from benchmarks.faulty_llm import MODEL, faulty_llm
from service.access.settings import AccessSettings
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import AnswerSettings, ServiceSettings, StoreSettings, VllmSettings
from service.tracing import Tracing, tracing_to

ROUNDS, QUESTIONS = 30, 20
QUESTION = "QLoRA 的训练速度比 LoRA 慢吗？"
ANSWER = "由于存在动态的反量化操作，QLoRA 的训练速度可能会比标准 LoRA 稍慢。[1]"
CALLER = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
COLOURS = {"LLM": "#b45309", "RETRIEVER": "#0369a1", "RERANKER": "#0369a1", "EMBEDDING": "#0369a1"}
ROW, LEFT, WIDTH = 22, 190, 760


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, help="draw one trace instead of measuring")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        settings = ServiceSettings(
            store=StoreSettings(path=Path(folder) / "store.sqlite"),
            access=AccessSettings(path=Path(folder) / "access.sqlite"),
            answer=AnswerSettings(cache_size=0),
        )
        if options.picture:
            options.picture.write_text(drawing(spans(settings)), "utf-8")
        else:
            measure(settings)


def measure(settings: ServiceSettings) -> None:
    """Print the median time of an answer with tracing, over that without, with the quartiles of the rounds' ratios."""
    apps = {"off": None, "a tenth": sampled(0.1), "all": sampled(1.0)}
    clients = {name: TestClient(create_app(Service(settings), tracing=tracing)) for name, tracing in apps.items()}
    number = count()
    for client in clients.values():
        client.__enter__()
        spent(client, number)
    rounds = [{name: spent(client, number) for name, client in clients.items()} for _ in range(ROUNDS)]
    for name in apps:
        ratios = [each[name] / each["off"] for each in rounds]
        low, middle, high = statistics.quantiles(ratios, n=4)
        millis = statistics.median(each[name] for each in rounds) * 1000
        print(f"{name:8} {millis:7.2f} ms an answer, {middle:.3f} of off [{low:.3f}, {high:.3f}]")
    for client in clients.values():
        client.__exit__(None, None, None)


def sampled(share: float) -> Tracing:
    provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(share)))
    provider.add_span_processor(BatchSpanProcessor(InMemorySpanExporter()))
    return tracing_to(provider)


def spent(client: TestClient, number: "count[int]") -> float:
    """Seconds of CPU of this process for an answer, the mean of some that nobody asked before."""
    began = time.process_time()
    for _ in range(QUESTIONS):
        client.post("/v1/ask", json={"question": f"{QUESTION} {next(number)}"}).raise_for_status()
    return (time.process_time() - began) / QUESTIONS


def spans(settings: ServiceSettings) -> Sequence[ReadableSpan]:
    """The spans of one question that a language model answers."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with faulty_llm(answer=ANSWER, pause=0.01) as llm:
        writer = VllmSettings(kind="vllm", base_urls=[llm.url], model=MODEL)
        service = Service(settings.model_copy(update={"writer": writer}))
        with TestClient(create_app(service, tracing=tracing_to(provider))) as client:
            client.post("/v1/ask", json={"question": f"{QUESTION} 0"})
            exporter.clear()
            client.post("/v1/ask", json={"question": QUESTION}, headers=CALLER)
    return exporter.get_finished_spans()


def drawing(found: Sequence[ReadableSpan]) -> str:
    """Draw spans as bars under each other, by their beginning."""
    ordered = sorted(found, key=lambda span: span.start_time or 0)
    first = min(span.start_time or 0 for span in ordered)
    whole = max(span.end_time or 0 for span in ordered) - first
    parents = {span.context.span_id: span.parent.span_id for span in ordered if span.context and span.parent}
    bars = [_bar(row, span, first, whole, _depth(span, parents)) for row, span in enumerate(ordered)]
    height = ROW * len(ordered) + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 90} {height}" '
        'font-family="system-ui, sans-serif" font-size="12">\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{"".join(bars)}</svg>\n'
    )


def _depth(span: ReadableSpan, parents: dict[int, int]) -> int:
    depth, at = 0, span.context.span_id if span.context else 0
    while at in parents:
        at, depth = parents[at], depth + 1
    return depth


def _bar(row: int, span: ReadableSpan, first: int, whole: int, depth: int) -> str:
    begin, end = span.start_time or 0, span.end_time or 0
    x, wide = LEFT + WIDTH * (begin - first) / whole, max(2.0, WIDTH * (end - begin) / whole)
    colour = COLOURS.get(str((span.attributes or {}).get("openinference.span.kind")), "#475569")
    y = 6 + ROW * row
    return (
        f'<text x="{8 + 12 * (depth - 1)}" y="{y + 14}" fill="#0f172a">{escape(span.name)}</text>'
        f'<rect x="{x:.1f}" y="{y + 3}" width="{wide:.1f}" height="14" rx="2" fill="{colour}"/>'
        f'<text x="{x + wide + 5:.1f}" y="{y + 14}" fill="#475569">{(end - begin) / 1e6:.1f} ms</text>\n'
    )


if __name__ == "__main__":
    main()
