"""GET /metrics, and the middleware that counts requests."""

import asyncio
import math
import time
from contextlib import suppress
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.openai.models import seconds
from service.api.runtime import Current, Runtime
from service.serve.behind import StoreUnavailableError, waited
from service.serve.metrics import Metrics, exemplar
from service.serve.store import MEGABYTE

PATIENCE = 1  # seconds that a look at the figures waits for the database
LEFT = 499  # a client who was gone before there was a reply, as nginx has it
TEXT = {"schema": {"type": "string"}}
router = APIRouter(tags=["operation"])


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": TEXT, "application/openmetrics-text": TEXT}}},
)
async def metrics(request: Request, runtime: Current) -> Response:
    """Requests, stages, first texts, answers, what was missing, sentences taken out, and the cache."""
    runtime.metrics.writer_ready.set((await runtime.writer_health()).ready)
    await asyncio.to_thread(_look, runtime, runtime.metrics)
    if runtime.service.settings.store.url:
        await _weigh(runtime)
    figures, kind = await asyncio.to_thread(runtime.metrics.text, request.headers.get("accept", ""))
    return Response(figures, headers={"Content-Type": kind})


def _look(runtime: Runtime, metrics: Metrics) -> None:
    """Set what is as it is when it is looked at."""
    metrics.in_flight.set(runtime.in_flight)
    metrics.places.set(runtime.admission.queue.places)
    metrics.waiting.set(runtime.store.waiting)
    metrics.failing.set(runtime.store.problem is not None)
    store, index = runtime.service.settings.store, runtime.index
    if store.url is None:
        metrics.bytes.set(sum(_size(store.path.with_name(store.path.name + end)) for end in ("", "-wal", "-shm")))
        metrics.limit.set(store.max_mb * MEGABYTE)
    metrics.index_failing.set(index.problem is not None)
    if index.snapshot is not None:
        metrics.index_built.set(seconds(index.snapshot.manifest.created))
        for what, count in index.snapshot.manifest.counts.items():
            metrics.index_items.labels(what).set(count)


async def _weigh(runtime: Runtime) -> None:
    """Ask the database for its size; while it is away what was last known stays. It has no limit of ours."""
    with suppress(StoreUnavailableError):
        size = await waited(runtime.store.do(lambda store: store.bytes), PATIENCE)
        runtime.metrics.bytes.set(size)
    runtime.metrics.limit.set(math.inf)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class Measured:
    """Count each request by its route, so that neither ids nor made-up paths make new series."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = LEFT, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            status = 500
            raise
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.requests.labels(route, scope["method"], str(status)).inc()
            self._metrics.request_seconds.labels(route).observe(time.perf_counter() - began, exemplar())
