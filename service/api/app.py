"""The application: routes, errors, and what runs while it lives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from ingest.versions import Versions
from service import contract
from service.api import ask, documents, health, problems, search
from service.api.state import State
from service.bootstrap import Service
from service.index import LiveIndex

PROBLEMS = {
    code: {"model": contract.Problem, "description": text}
    for code, text in {
        413: "Body over 64 KiB",
        422: "A field is malformed or unknown",
        429: "Too many requests at once",
        503: "No index",
    }.items()
}


def create_app(service: Service) -> FastAPI:
    """Make an app over loaded models; the index is opened at start and watched."""
    index = LiveIndex(Versions(service.settings.index), service.embedder.fingerprint)
    state = State(service, index)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(index.refresh)
        if index.snapshot is not None:
            state.parts()
        watching = asyncio.create_task(state.watch())
        yield
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        service.close()

    app = FastAPI(
        title="Outline QA",
        version="0.1.0",
        summary="Cited answers from an interview outline, in Chinese and English",
        lifespan=lifespan,
        responses={code: dict(answer) for code, answer in PROBLEMS.items()},
    )
    app.state.outline_qa = state
    problems.install(app)
    for module in (ask, search, documents, health):
        app.include_router(module.router)
    return app
