"""What the routes share: the live index, and the pipeline bound to the snapshot a request took."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated, TypeGuard

from fastapi import Depends, Request

from ingest import __version__
from ingest.index.excerpts import NothingLeftError, excerpt
from ingest.index.snapshot import Snapshot
from service.access.entrance import Entrance
from service.access.ledger import LedgerError
from service.access.metered import Metered
from service.access.principal import acting
from service.access.readable import Readable
from service.answer import respond
from service.api.problems import ProblemError
from service.bootstrap import LanguageModel, Service
from service.composition import open_pool
from service.events import Answer, Delta, Event, Question
from service.parts import Parts
from service.serve.admission import Admission, OverloadedError, looked
from service.serve.behind import Keeping
from service.serve.comparisons import Comparisons
from service.serve.erasure import last_erasure
from service.serve.live import LiveIndex
from service.serve.metrics import Metrics
from service.serve.pool import Pool
from service.serve.shadow import Shadow
from service.serve.shared import Generate, SharedAnswers
from service.serve.tokens import Tokens
from service.serve.trial import Trial
from service.tracing import span
from service.write.writer import Health

log = logging.getLogger(__name__)
VIEWS = 32  # parts of an index that are kept ready beside the whole


@dataclass(frozen=True, slots=True)
class Bound:
    """The pipeline over one snapshot, all of an index or what may be read of it, and the answers that it gave."""

    parts: Parts
    answers: Metered
    whole: Snapshot
    model: LanguageModel

    @property
    def snapshot(self) -> Snapshot:
        return self.parts.snapshot


@dataclass
class Runtime:
    """One for each app. What is bound to a snapshot is made once for each, and for each part that somebody may read.

    So nothing that answers knows of more than its reader may: neither texts and titles nor counts, words and answers
    that were given to others. `entrance` None is for programs that put questions to the service in their own process.
    """

    service: Service
    index: LiveIndex
    store: Keeping
    tokens: Tokens
    metrics: Metrics
    admission: Admission
    trial: Trial
    shadow: Shadow
    entrance: Entrance | None = None
    pool: Pool | None = None
    in_flight: int = 0
    _bounds: dict[tuple[Readable | None, bool], Bound] = field(default_factory=dict)
    _binding: Lock = field(default_factory=Lock)

    def snapshot(self) -> Snapshot:
        """Return what the reader may read of the index in use; 503 when there is none."""
        return self.bound().snapshot

    def bound(self) -> Bound:
        """Return the pipeline over what the reader may read; 401 for nobody, 403 for who may read nothing."""
        principal = acting()
        if principal is None and self.entrance and self.entrance.credentials.closed:
            raise ProblemError(401, "Nobody asks this.")  # a door that the gate does not stand before
        tried = principal is not None and self.trial.takes(principal.id)
        return self.bound_to(principal.readable if principal else None, tried)

    def bound_to(self, readable: Readable | None, tried: bool = False) -> Bound:
        """Return the pipeline over a part of the index in use, or of the one that is tried; threads may share it."""
        whole, key = (tried and self.trial.snapshot) or self._whole(), (readable, tried)
        model = self._model(tried)
        known = self._bounds.get(key)
        if _is_of(known, whole, model):
            return known
        with self._binding:
            known = self._bounds.get(key)
            if not _is_of(known, whole, model):
                known = self._bind(whole, self._part(whole, readable), key, model)
                self._bounds.pop(key, None)
                self._bounds[key] = known
                for oldest in [each for each in self._bounds if each[0] is not None][:-VIEWS]:
                    del self._bounds[oldest]
            return known

    async def forget(self) -> None:
        """Make everything anew that is kept in memory of what was asked, here and where replicas keep it."""
        self._bounds.clear()
        self.service.forget()
        if self.pool:
            await self.pool.forget()

    async def prepare(self, readable: Readable | None) -> None:
        """Make what somebody may read (None: all) ready on a thread; what cannot be is said when it is asked for."""
        if self.trial.name is None:
            self._bounds.pop((readable, True), None)  # nothing is tried any more
        for tried in (False, True) if self.trial.name else (False,):
            whole = (tried and self.trial.snapshot) or self.index.snapshot
            if not _is_of(self._bounds.get((readable, tried)), whole, self._model(tried)):
                with suppress(ProblemError):
                    await asyncio.to_thread(self.bound_to, readable, tried)

    def _model(self, tried: bool) -> LanguageModel:
        """Return who writes: the candidate for those who try it, and for everybody once it was promoted."""
        candidate = self.service.candidate_model
        own = self.trial.promoted or (tried and self.trial.writes)
        return candidate if candidate and own else self.service.model

    async def writer_health(self) -> Health:
        """Look whether the writer of those who try nothing can write now; always so when it is the extractive one."""
        return await self._model(False).health()

    def _whole(self) -> Snapshot:
        if self.index.snapshot is None:
            raise ProblemError(503, f"No index: {self.index.problem}", {"Retry-After": "10"})
        return self.index.snapshot

    def _part(self, whole: Snapshot, readable: Readable | None) -> Snapshot:
        if readable is None:
            return whole
        try:
            return excerpt(whole, readable.allows)
        except NothingLeftError as error:
            raise ProblemError(403, "This key may read none of the documents here.") from error

    def _bind(
        self, whole: Snapshot, snapshot: Snapshot, key: tuple[Readable | None, bool], model: LanguageModel
    ) -> Bound:
        settings, parts = self.service.settings.answer, self.service.parts(snapshot, model)
        readable, tried = key

        async def generate(question: Question) -> AsyncGenerator[Event, None]:
            began, first = time.perf_counter(), None
            async with AsyncExitStack() as stack:
                place = await stack.enter_async_context(self.place())
                noted = stack.enter_context(span("answer", "CHAIN", gen_ai__data_source__id=snapshot.manifest.version))
                noted.content(input__value=question.text)
                events = await stack.enter_async_context(aclosing(respond(question, parts)))
                async for event in events:
                    if isinstance(event, parts.worked):
                        await place.aclose()
                    if first is None and isinstance(event, Delta):
                        first = time.perf_counter() - began
                    if isinstance(event, Answer):
                        self.metrics.answered(event, first)
                        self.metrics.trial.labels("candidate" if tried else "current", event.status).inc()
                        if not tried and self.trial.compares():
                            self._compare(question, event, readable)
                        noted.note(outline_qa__status=event.status, outline_qa__writer=event.generator)
                        noted.note(outline_qa__missing=event.missing, outline_qa__citations=len(event.citations))
                        noted.content(output__value=event.text)
                        if event.rule:
                            log.info("%s declined by %s", event.id, event.rule)
                    yield event

        def hit(result: str) -> None:
            looked()
            self.metrics.cache.labels(result).inc()

        shared = SharedAnswers(
            self._pooled(generate, snapshot, readable, model),
            settings.cache_size,
            settings.cache_seconds,
            settings.degraded_seconds,
            hit,
        )
        return Bound(parts, Metered(shared, self.entrance.limits if self.entrance else None), whole, model)

    def _pooled(
        self, generate: Generate, snapshot: Snapshot, readable: Readable | None, model: LanguageModel
    ) -> Generate:
        """Share what is generated with other processes, where they are to."""
        if self.pool is None:
            return generate
        own = self.service.settings
        answers = own.answer.model_dump(mode="json", exclude={"storage"})
        candidate = self.service.candidate
        writer = candidate.writer if candidate and model is self.service.candidate_model else own.writer
        stages = [each.model_dump(mode="json") for each in (own.retrieval, own.fusion, own.rerank, writer)]
        of = (__version__, snapshot.manifest.version, readable.patterns if readable else None, answers, stages)
        return self.pool.answers(generate, of, own.answer.cache_seconds, own.answer.degraded_seconds)

    def _compare(self, question: Question, shown: Answer, readable: Readable | None) -> None:
        """Have the candidate answer too, where there is room for it."""

        async def other() -> Answer:
            parts = (await asyncio.to_thread(self.bound_to, readable, True)).parts
            async with self.place() as place, aclosing(respond(question, parts)) as events:
                async for event in events:
                    if isinstance(event, parts.worked):
                        await place.aclose()
            assert isinstance(event, Answer)  # the pipeline always ends with it
            return event

        self.shadow.compare(question.text, shown, other, 2 * self.in_flight > self.admission.queue.places)

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Count a request in; 429 when as many are in flight as the setting allows."""
        if self.in_flight >= self.service.settings.in_flight:
            raise overload(self.admission.wait())
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    @asynccontextmanager
    async def place(self) -> AsyncIterator[AsyncExitStack]:
        """Hold a place for work that keeps the machine busy, until it is closed; 429 when there is none in time."""
        principal = acting()
        async with AsyncExitStack() as place:
            try:
                await place.enter_async_context(self.admission.place(principal.id if principal else ""))
            except OverloadedError as error:
                raise overload(error.seconds) from None
            yield place

    async def watch(self) -> None:
        """Take up new snapshots, make the pipeline over them before a request needs it, note what keys were used."""
        erased: int | None = None
        warm: Parts | None = None
        while True:
            if self.entrance:
                try:
                    await asyncio.to_thread(self.entrance.keys.flush)
                    last = await asyncio.to_thread(last_erasure, self.entrance.ledger)
                    if erased is not None and last > erased:  # by a command, or by another process
                        await self.forget()
                        await self.prepare(None)
                    erased = last
                except LedgerError as error:
                    log.error("when keys were last used is not noted: %s", error)
            with suppress(ProblemError):
                if (parts := self.bound_to(None).parts) is not warm:
                    await parts.warm()
                    warm = parts
            await asyncio.sleep(self.service.settings.watch_seconds)
            await asyncio.to_thread(self.index.refresh)
            await asyncio.to_thread(self.trial.refresh)
            for readable in {None, *(each for each, _ in self._bounds)}:
                await self.prepare(readable)


def open_runtime(service: Service, entrance: Entrance | None = None, index: LiveIndex | None = None) -> Runtime:
    """Make the runtime of loaded models, without an index yet where none is given."""
    settings, metrics, trial = service.settings.widget, Metrics(), service.settings.trial
    candidacy = service.candidate.candidacy if service.candidate else None
    kept = Comparisons(trial.record, service.settings.store.keep_days, trial.content)
    secret = settings.secret.get_secret_value() if settings.secret else None
    return Runtime(
        service,
        index or LiveIndex(service.index, service.embedder.fingerprint, service.packs),
        service.keeping(metrics.lost.inc),
        Tokens(secret, settings.token_seconds),
        metrics,
        Admission(service.settings.in_flight, service.settings.answer.wait_seconds),
        Trial(service.index, service.embedder.fingerprint, service.packs, trial.share, trial.shadow, candidacy),
        Shadow(lambda outcome: metrics.shadow.labels(outcome).inc(), kept),
        entrance,
        open_pool(service.settings.answer),
    )


def _is_of(bound: Bound | None, whole: Snapshot | None, model: LanguageModel) -> TypeGuard[Bound]:
    """Whether a pipeline is the one over this index, with this model."""
    return bound is not None and bound.whole is whole and bound.model is model


def overload(seconds: float) -> ProblemError:
    """The refusal of who comes too many, to be back in some seconds."""
    told = "More is asked than can be answered in time; come back as Retry-After says."
    return ProblemError(429, told, {"Retry-After": str(max(1, math.ceil(seconds)))})


def _of(request: Request) -> Runtime:
    found: Runtime = request.app.state.outline_qa
    return found


Current = Annotated[Runtime, Depends(_of)]


async def _admitted(runtime: Current) -> AsyncIterator[None]:
    # FastAPI leaves it once the reply is sent or its reader gone, streamed replies too.
    with runtime.admitted():
        yield


Admitted = Depends(_admitted)
