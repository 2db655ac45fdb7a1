"""GET /metrics, and the middleware that counts requests."""

import time

from fastapi import APIRouter, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.runtime import Current
from service.serve.metrics import Metrics

LEFT = 499  # a client who was gone before there was a reply, as nginx has it
router = APIRouter(tags=["operation"])


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(runtime: Current) -> Response:
    """Requests, stages, first texts, answers, what was missing, sentences taken out, and the cache."""
    runtime.metrics.in_flight.set(runtime.in_flight)
    runtime.metrics.places.set(int(runtime.admission.places))
    runtime.metrics.waiting.set(runtime.store.waiting)
    runtime.metrics.failing.set(runtime.store.problem is not None)
    return Response(runtime.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


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
            self._metrics.request_seconds.labels(route).observe(time.perf_counter() - began)
