"""What the routes share: the live index, and the pipeline bound to the snapshot a request took."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from ingest.index.snapshot import Snapshot
from service.answer import respond
from service.api.problems import ProblemError
from service.bootstrap import Service
from service.events import Answer, Delta, Event, Question
from service.parts import Parts
from service.serve.live import LiveIndex
from service.serve.metrics import Metrics
from service.serve.shared import SharedAnswers
from service.serve.store import Store
from service.serve.tokens import Tokens

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bound:
    """The pipeline over one snapshot, and the answers that it gave."""

    parts: Parts
    answers: SharedAnswers

    @property
    def snapshot(self) -> Snapshot:
        return self.parts.snapshot


@dataclass
class Runtime:
    """One for each app; `bound` is made once for each snapshot."""

    service: Service
    index: LiveIndex
    store: Store
    tokens: Tokens
    metrics: Metrics
    in_flight: int = 0
    _bound: Bound | None = field(default=None)

    def snapshot(self) -> Snapshot:
        """Return the snapshot in use; 503 when there is none."""
        if self.index.snapshot is None:
            raise ProblemError(503, f"No index: {self.index.problem}", {"Retry-After": "10"})
        return self.index.snapshot

    def bound(self) -> Bound:
        snapshot = self.snapshot()
        if self._bound is None or self._bound.snapshot is not snapshot:
            self._bound = self._bind(self.service.parts(snapshot))
        return self._bound

    def _bind(self, parts: Parts) -> Bound:
        settings = self.service.settings.answer

        async def generate(question: Question) -> AsyncGenerator[Event, None]:
            began, first = time.perf_counter(), None
            async with aclosing(respond(question, parts)) as events:
                async for event in events:
                    if first is None and isinstance(event, Delta):
                        first = time.perf_counter() - began
                    if isinstance(event, Answer):
                        self.metrics.answered(event, first)
                        if event.rule:
                            log.info("%s declined by %s", event.id, event.rule)
                    yield event

        hit = self.metrics.cache.labels
        return Bound(
            parts,
            SharedAnswers(generate, settings.cache_size, settings.cache_seconds, lambda result: hit(result).inc()),
        )

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Count a request in; 429 when as many are in flight as the setting allows."""
        if self.in_flight >= self.service.settings.in_flight:
            raise ProblemError(429, "Too many requests at once; try again shortly.", {"Retry-After": "1"})
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    async def watch(self) -> None:
        """Take up new snapshots and bind the pipeline to them before a request needs it."""
        while True:
            await asyncio.sleep(self.service.settings.watch_seconds)
            await asyncio.to_thread(self.index.refresh)
            if self.index.snapshot is not None:
                self.bound()


def open_runtime(service: Service) -> Runtime:
    """Make the runtime of loaded models, without an index yet; raises OSError where answers cannot be kept."""
    settings = service.settings.widget
    secret = settings.secret.get_secret_value() if settings.secret else None
    return Runtime(
        service,
        LiveIndex(service.index, service.embedder.fingerprint, service.packs),
        Store(service.settings.store.path, service.settings.store.keep_days),
        Tokens(secret, settings.token_seconds),
        Metrics(),
    )


def _of(request: Request) -> Runtime:
    found: Runtime = request.app.state.outline_qa
    return found


Current = Annotated[Runtime, Depends(_of)]


async def _admitted(runtime: Current) -> AsyncIterator[None]:
    # FastAPI leaves it once the reply is sent or its reader gone, streamed replies too.
    with runtime.admitted():
        yield


Admitted = Depends(_admitted)
