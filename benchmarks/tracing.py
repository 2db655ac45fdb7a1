"""What tracing costs: the same questions with it off, and on for a tenth and all of them, in turns; and a picture.

Spans go by OTLP to a collector on loopback. CPU is that of this process, of the threads that send spans too, so that
it holds on a machine where other programs work; "off again" shows how far two ways that are the same come apart.
`--picture FILE` draws one trace, from the caller to a language model on loopback, as SVG.
"""

import argparse
import random
import time
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

from benchmarks.collector import collected, collector
from benchmarks.faulty_llm import MODEL, faulty_llm
from service.access.settings import AccessSettings
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings, StoreSettings, VllmSettings
from service.tracing import Tracing, open_tracing, tracing_to

SHARES = {"off": 0.0, "off again": 0.0, "a tenth": 0.1, "all": 1.0}
ROUNDS, BLOCK = 100, 1  # of questions
KEPT_ROUNDS, KEPT_TIMES = 30, 100  # answers that are kept, of which tracing is the largest part
DRAWS = 2000
QUESTION = "QLoRA 的训练速度比 LoRA 慢吗？"
ANSWER = "由于存在动态的反量化操作，QLoRA 的训练速度可能会比标准 LoRA 稍慢。[1]"
CALLER = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
COLOURS = {"LLM": "#b45309", "RETRIEVER": "#0369a1", "RERANKER": "#0369a1", "EMBEDDING": "#0369a1"}
ROW, LEFT, WIDTH = 22, 190, 760


class Cost(NamedTuple):
    """Milliseconds an answer."""

    wall: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, help="draw one trace instead of measuring")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        settings = ServiceSettings(
            store=StoreSettings(path=Path(folder) / "store.sqlite"),
            access=AccessSettings(path=Path(folder) / "access.sqlite"),
        )
        if options.picture:
            options.picture.write_text(drawing(spans(settings)), "utf-8")
        else:
            measure(settings)


def measure(settings: ServiceSettings) -> None:
    """Print what an answer costs in each way, over that without tracing, with a bootstrap's 95 % of the rounds."""
    with collector() as endpoint:
        tracings = {name: open_tracing(endpoint, share, False) if share else None for name, share in SHARES.items()}
        clients = {name: TestClient(create_app(Service(settings), tracing=each)) for name, each in tracings.items()}
        for client in clients.values():
            client.__enter__()
        for name in clients:
            _block(clients[name], tracings[name], [QUESTION], 1)
        for what, rounds, times in (("new", ROUNDS, 1), ("kept", KEPT_ROUNDS, KEPT_TIMES)):
            before = collected(endpoint)
            _report(what, [_round(clients, tracings, number, times) for number in range(rounds)])
            print(f"{collected(endpoint) - before} spans came")
        for client in clients.values():
            client.__exit__(None, None, None)


def _round(
    clients: Mapping[str, TestClient], tracings: Mapping[str, Tracing | None], number: int, times: int
) -> dict[str, Cost]:
    """Ask the same of all, in an order that differs from round to round."""
    order = random.Random(number).sample(list(clients), len(clients))
    questions = [f"{QUESTION} {number} {n}" for n in range(BLOCK)]
    return {name: _block(clients[name], tracings[name], questions, times) for name in order}


def _block(client: TestClient, tracing: Tracing | None, questions: Sequence[str], times: int) -> Cost:
    """Ask, and send what was recorded, which else is sent every five seconds at whatever moment."""
    wall, cpu = time.perf_counter(), time.process_time()
    for question in [*questions] * times:
        client.post("/v1/ask", json={"question": question}).raise_for_status()
    if tracing:
        assert isinstance(tracing.provider, TracerProvider)
        tracing.provider.force_flush()
    count = len(questions) * times
    return Cost((time.perf_counter() - wall) / count * 1000, (time.process_time() - cpu) / count * 1000)


def _report(what: str, rounds: Sequence[dict[str, Cost]]) -> None:
    print(
        f"{what} answers, {len(rounds)} rounds: wall clock and CPU, means over off's, and medians of the rounds' ratios"
    )
    draws = np.random.default_rng(0).integers(0, len(rounds), (DRAWS, len(rounds)))
    for name in SHARES:
        told = []
        for unit in Cost._fields:
            own, off = (np.array([getattr(each[which], unit) for each in rounds]) for which in (name, "off"))
            mean = _with_interval(own.mean() / off.mean(), own[draws].mean(1) / off[draws].mean(1))
            median = _with_interval(np.median(own / off), np.median((own / off)[draws], 1))
            told.append(f"{unit} {own.mean():8.3f} ms, {mean}, {median}")
        print(f"{name:9} {'; '.join(told)}")


def _with_interval(value: float, drawn: NDArray[np.float64]) -> str:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return f"{value:.4f} [{low:.4f}, {high:.4f}]"


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
