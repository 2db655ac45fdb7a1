"""What the service counts, for Prometheus."""

from collections.abc import Iterable
from functools import partial
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

from service.check.harmless import What
from service.events import Answer
from service.language.phrases import Missing
from service.tracing import trace_ids

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """One registry for each app, so that several in a process do not mix."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        gauge = partial(Gauge, registry=registry)
        self.requests = Counter(
            "outline_qa_requests", "HTTP requests", ["route", "method", "status"], registry=registry
        )
        self.in_flight = gauge("outline_qa_in_flight", "Questions being answered")
        self.request_seconds = Histogram(
            "outline_qa_request_seconds",
            "From request to the reply's end",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self.stage_seconds = Histogram(
            "outline_qa_stage_seconds", "Time in a stage of the pipeline", ["stage"], buckets=SECONDS, registry=registry
        )
        self.first_text_seconds = Histogram(
            "outline_qa_first_text_seconds",
            "From the question to the first text of its answer",
            ["writer"],
            buckets=SECONDS,
            registry=registry,
        )
        self.answers = Counter("outline_qa_answers", "Answers", ["status", "writer"], registry=registry)
        self.declined = Counter("outline_qa_declined", "Questions turned down, by rule", ["rule"], registry=registry)
        self.degraded = Counter("outline_qa_degraded", "What replies had to do without", ["reason"], registry=registry)
        self.removed = Counter(
            "outline_qa_sentences_removed", "Sentences that no passage supports", ["what"], registry=registry
        )
        self.taken = Counter(
            "outline_qa_taken_out", "What would have acted where an answer is shown", ["what"], registry=registry
        )
        for what in get_args(What):  # what begins at 1 has not risen, to Prometheus: the first order would alert nobody
            self.taken.labels(what)
        self.trial = Counter(
            "outline_qa_trial_answers", "New answers by the index that gave them", ["arm", "status"], registry=registry
        )
        self.shadow = Counter(
            "outline_qa_shadow", "Answers compared with the candidate's", ["outcome"], registry=registry
        )
        self.places = gauge("outline_qa_places", "Questions that are worked at at once, at most")
        self.lost = Counter(
            "outline_qa_store_lost", "Answers that could not be kept, so that nobody can rate them", registry=registry
        )
        self.waiting = gauge("outline_qa_store_waiting", "Answers that wait to be written")
        self.failing = gauge("outline_qa_store_failing", "1 while the store has a problem")
        self.bytes = gauge("outline_qa_store_bytes", "Size of the store's files")
        self.limit = gauge("outline_qa_store_limit_bytes", "What the store may have in use")
        self.writer_ready = gauge("outline_qa_writer_ready", "1 while the writer that is set can write")
        self.index_failing = gauge("outline_qa_index_failing", "1 while the current index cannot be served")
        self.index_built = gauge("outline_qa_index_built_seconds", "When the index was built, Unix time")
        self.index_items = gauge("outline_qa_index_items", "What the index holds", ["what"])
        self.ratings = Counter("outline_qa_ratings", "Ratings of answers", ["rating"], registry=registry)
        ProcessCollector(registry=registry)
        self.cache = Counter("outline_qa_cache", "Questions by how they were served", ["result"], registry=registry)

    def answered(self, answer: Answer, first_text_seconds: float | None) -> None:
        """Count a new answer; one that was kept or shared is counted by `cache` alone."""
        self.answers.labels(answer.status, answer.generator).inc()
        if answer.rule:
            self.declined.labels(answer.rule).inc()
        self.lacked(answer.missing)
        self.removed.labels("left out").inc(answer.removed)
        self.removed.labels("replaced").inc(answer.replaced)
        for what, count in answer.taken.items():
            self.taken.labels(what).inc(count)
        for stage, ms in answer.timings_ms.items():
            self.stage_seconds.labels(stage).observe(ms / 1000, exemplar())
        if first_text_seconds is not None:
            self.first_text_seconds.labels(answer.generator).observe(first_text_seconds, exemplar())

    def lacked(self, missing: Iterable[Missing]) -> None:
        """Count what a reply had to do without."""
        for code in missing:
            self.degraded.labels(code).inc()

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return the figures and their type: OpenMetrics with exemplars for who accepts it, else Prometheus's text."""
        encode, kind = choose_encoder(accept)
        return encode(self.registry), kind


def exemplar() -> dict[str, str] | None:
    """Return the trace that a figure is of, where there is one."""
    found = trace_ids()
    return {"trace_id": found["trace_id"]} if found else None
