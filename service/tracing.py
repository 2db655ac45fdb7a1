"""What happens within a request, as OpenTelemetry spans; where nobody looks, nothing is made.

Names are those of OpenTelemetry's GenAI conventions, beside those of OpenInference, which Phoenix reads. Nothing of a
question, passage or answer is in a span unless `content` is set.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, TracerProvider
from starlette.types import ASGIApp, Receive, Scope, Send

NAME = "outline_qa"
Value = str | bool | int | float | tuple[str, ...]
Kind = Literal["CHAIN", "EMBEDDING", "RETRIEVER", "RERANKER", "LLM", "GUARDRAIL", "EVALUATOR"]
_current: ContextVar["Tracing | None"] = ContextVar("tracing", default=None)


class Noted:
    """A span to note things in; this one belongs to nobody who looks."""

    def note(self, **values: Value | None) -> None:
        """Note attributes; a double underscore in a name stands for a dot."""

    def content(self, **values: str) -> None:
        """Note what people wrote or read, where that is wanted."""

    def documents(self, found: Mapping[str, float]) -> None:
        """Note the passages found, by id with their scores, best first."""

    def active(self) -> AbstractContextManager[object]:
        """Have what is begun within be a part of it, and what is asked of others carry its id."""
        return nullcontext()


class _Recorded(Noted):
    def __init__(self, span: Span, content: bool) -> None:
        self._span, self._content = span, content

    def note(self, **values: Value | None) -> None:
        self._span.set_attributes({_dotted(name): value for name, value in values.items() if value is not None})

    def content(self, **values: str) -> None:
        if self._content:
            self.note(**values)

    def documents(self, found: Mapping[str, float]) -> None:
        for place, (name, score) in enumerate(found.items()):
            head = f"retrieval.documents.{place}.document"
            self._span.set_attributes({f"{head}.id": name, f"{head}.score": score})

    def active(self) -> AbstractContextManager[object]:
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)


NOBODY = Noted()


@dataclass(frozen=True, slots=True)
class Tracing:
    """Where spans go, and whether they hold what people wrote and read."""

    provider: TracerProvider
    tracer: Tracer
    content: bool

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Have spans be made of what is done within."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def close(self) -> None:
        """Send what is left."""
        if end := getattr(self.provider, "shutdown", None):  # OpenTelemetry's own; a protocol has none
            end()


def tracing_to(provider: TracerProvider, content: bool = False) -> Tracing:
    return Tracing(provider, provider.get_tracer(NAME), content)


def open_tracing(endpoint: str, share: float, content: bool) -> Tracing:
    """Send spans by OTLP over HTTP, of a share of the requests that no caller traces; raises ValueError."""
    if find_spec("opentelemetry.exporter.otlp.proto.http") is None:
        raise ValueError("traces need an extra: pip install 'outline-qa[otel]'")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider as Provider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = Provider(
        resource=Resource.create({"service.name": "outline-qa"}), sampler=ParentBased(TraceIdRatioBased(share))
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    return tracing_to(provider, content)


def span(name: str, kind: Kind, apart: bool = False, **values: Value | None) -> AbstractContextManager[Noted]:
    """Trace what is done within; `apart`, spans that begin meanwhile are no parts of it."""
    tracing = _current.get()
    if tracing is None:
        return nullcontext(NOBODY)
    return _recorded(tracing, name, kind, apart, values)


@contextmanager
def _recorded(
    tracing: Tracing, name: str, kind: Kind, apart: bool, values: Mapping[str, Value | None]
) -> Iterator[Noted]:
    own = tracing.tracer.start_span(name, kind=SpanKind.CLIENT if kind == "LLM" else SpanKind.INTERNAL)
    noted = _Recorded(own, tracing.content)
    noted.note(openinference__span__kind=kind, **values)
    try:
        with nullcontext() if apart else noted.active():
            yield noted
    except Exception as error:
        own.set_attribute("error.type", type(error).__name__)  # its text may hold what people wrote
        own.set_status(StatusCode.ERROR)
        raise
    finally:
        own.end()


def inject(headers: MutableMapping[str, str]) -> None:
    """Name the span that is active to who is asked (W3C Trace Context)."""
    if _current.get() is not None:
        propagate.inject(headers)


def trace_ids() -> dict[str, str]:
    """Return the ids of the request's trace, {} without one that is kept."""
    context = trace.get_current_span().get_span_context()
    if not context.trace_flags.sampled:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


class Traced:
    """Have the spans of requests be made."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app, self._tracing = app, tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._tracing.begun():
            await self._app(scope, receive, send)


def server_spans(tracing: Tracing | None) -> dict[str, Any]:
    """Return FastAPI's settings: a span for each request, part of its caller's trace, and nothing of bodies or logs."""
    return {
        "tracing": tracing is not None,
        "tracer_provider": tracing.provider if tracing else None,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
    }


def _dotted(name: str) -> str:
    return name.replace("__", ".")
