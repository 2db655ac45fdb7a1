"""The application: routes, errors, and what runs while it lives."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline
from starlette.types import Lifespan

from ingest import __version__
from service.api import (
    ai_sdk,
    answers,
    anthropic,
    ask,
    documents,
    feedback,
    health,
    originals,
    problems,
    prometheus,
    search,
    widget,
)
from service.api.admin import data as admin_data
from service.api.admin import documents as admin_documents
from service.api.admin import jobs as admin_jobs
from service.api.admin import keys as admin_keys
from service.api.admin import page as admin_page
from service.api.channels import door
from service.api.channels.clerk import Clerk
from service.api.desk.here import LocalDesk
from service.api.gate import Gate
from service.api.hosts import Hosts
from service.api.mcp.mount import HEADERS, mount_mcp
from service.api.openai import chat, models, responses
from service.api.openapi import describe
from service.api.origins import Origins
from service.api.packed import Packed
from service.api.prometheus import Measured
from service.api.runtime import open_runtime
from service.api.turns import Crowd, Turns
from service.bootstrap import Service
from service.composition import open_channels, open_entrance
from service.serve.intake import Intake, open_intake
from service.serve.live import LiveIndex
from service.serve.renewal import renew_index
from service.tracing import Traced, Tracing, server_spans

# Seconds that a busy thread keeps the interpreter from the event loop; by default 5 ms for each socket it reads.
SWITCH = 0.0003
# Objects made before the next look for dead cycles: at the default of 700 it takes a tenth of the time of many streams.
COLLECT = (4_000, 50, 100)
# A browser asks beforehand whether another site may; as long as Chromium keeps the reply.
PREFLIGHT_SECONDS = 7200


def bare_app(lifespan: Lifespan[FastAPI] | None = None, tracing: Tracing | None = None) -> FastAPI:
    """Make an app of the routes alone: it has the OpenAPI document, and needs neither models nor an index."""
    app = FastAPIOffline(
        redoc_url=None,
        static_url="/docs/files",
        title="Outline QA",
        version=__version__,
        summary="Cited answers from documents, in Chinese and English",
        lifespan=lifespan,
        telemetry=server_spans(tracing),
        redirect_slashes=False,  # a redirect would name the host that the client named
    )
    for module in (
        ai_sdk,
        anthropic,
        answers,
        ask,
        search,
        chat,
        responses,
        models,
        documents,
        originals,
        feedback,
        widget,
        health,
        prometheus,
        admin_keys,
        admin_data,
        door,
        admin_documents,
        admin_jobs,
    ):
        app.include_router(module.router)
    describe(app)
    return app


def create_app(
    service: Service, index: LiveIndex | None = None, renew: bool = False, tracing: Tracing | None = None
) -> FastAPI:
    """Make an app over loaded models; the index is opened at start and watched, with `renew` brought up to date too."""
    settings, entrance = service.settings.widget, open_entrance(service.settings)
    runtime = open_runtime(service, entrance, index)
    intake = open_intake(service.settings.uploads, service.settings.corpus)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(SWITCH)
        gc.set_threshold(*COLLECT)
        await asyncio.to_thread(runtime.index.refresh)
        await asyncio.to_thread(runtime.trial.refresh)
        await runtime.prepare(None)
        upkeep = (runtime.watch(), _kept_up(runtime.index, renew, intake))
        tasks = [asyncio.create_task(each) for each in upkeep]
        async with mcp():
            yield
        await clerk.close(service.settings.connections.shutdown_seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runtime.shadow.close()
        service.close()
        await asyncio.to_thread(runtime.store.close)
        if runtime.pool:
            await runtime.pool.close()
        entrance.ledger.close()
        if intake:
            intake.jobs.close()
        if tracing:
            await asyncio.to_thread(tracing.close)

    app = bare_app(lifespan, tracing)
    app.state.outline_qa, app.state.entrance, app.state.intake = runtime, entrance, intake
    app.state.clerk = clerk = Clerk(runtime, entrance, open_channels(service.settings))
    mcp = mount_mcp(app, LocalDesk(runtime), settings.origins)
    app.add_middleware(Packed)
    app.add_middleware(Turns, entrance=entrance, admission=runtime.admission)
    app.add_middleware(problems.BodyLimit, upload=service.settings.uploads.job_mb << 20)
    app.add_middleware(Crowd, admission=runtime.admission)
    app.add_middleware(Gate, entrance=entrance, prepare=runtime.prepare)
    app.add_middleware(Origins, tokens=runtime.tokens, origins=settings.origins, per_minute=settings.per_minute)
    problems.install(app)
    app.add_middleware(Hosts, hosts=service.settings.hosts)
    app.add_middleware(Measured, metrics=runtime.metrics)
    _share(app, settings.origins)  # outside of what fails, so that a page can read errors too
    app.add_middleware(problems.Head)
    app.add_middleware(problems.RequestId)
    if tracing:
        app.add_middleware(Traced, tracing=tracing)
    widget.mount(app)
    admin_page.mount(app)
    return app


def _share(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of other sites read the replies."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", *HEADERS],
        expose_headers=["Retry-After", "X-Request-ID", "Mcp-Session-Id", "RateLimit", "RateLimit-Policy"],
        max_age=PREFLIGHT_SECONDS,
    )


async def _kept_up(index: LiveIndex, renew: bool, intake: Intake | None) -> None:
    """Bring the index up to date, then do the jobs that change it."""
    if renew:
        await renew_index(index)
    if intake:
        await intake.run()
