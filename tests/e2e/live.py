"""The real service under uvicorn in a thread, which a test can kill and start again."""

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import uvicorn

from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import LanguageModel, Service
from service.parts import Parts
from service.serve.store import Store
from service.settings import ServiceSettings
from tests.e2e.pace import Pace, Paced

START_SECONDS = 120
QUIET = "critical"  # a killed connection is meant


class PacedService(Service):
    """The real service; only the pace of its writer is the test's."""

    def __init__(self, settings: ServiceSettings, embedder: Embedder, pace: Pace) -> None:
        super().__init__(settings, embedder)
        self._pace = pace

    def parts(self, snapshot: Snapshot, model: LanguageModel | None = None) -> Parts:
        parts = super().parts(snapshot, model)
        return replace(parts, writer=Paced(parts.writer, self._pace))


class Live:
    """One service on one port; `start` after `stop` or `kill` makes a new one there, with new secrets."""

    def __init__(self, settings: ServiceSettings, embedder: Embedder) -> None:
        self.settings, self.pace = settings, Pace()
        self._embedder, self._port = embedder, 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @contextmanager
    def store(self) -> Iterator[Store]:
        """What the service keeps, opened once more, when all that waits is written."""
        while self._app.state.outline_qa.store.waiting:
            time.sleep(0.01)
        with closing(Store(self.settings.store.path, keep_days=30)) as store:
            yield store

    @property
    def in_flight(self) -> int:
        return int(self._app.state.outline_qa.in_flight)

    def last(self) -> dict[str, Any]:
        """The answer kept last, as it was sent."""
        while self._app.state.outline_qa.store.waiting:
            time.sleep(0.01)
        with closing(sqlite3.connect(self.settings.store.path)) as connection:
            (body,) = connection.execute("SELECT body FROM answers ORDER BY created DESC LIMIT 1").fetchone()
        answer: dict[str, Any] = json.loads(body)
        return answer

    def start(self) -> None:
        self._app = create_app(PacedService(self.settings, self._embedder, self.pace))
        config = uvicorn.Config(self._app, host="127.0.0.1", port=self._port, log_level=QUIET)
        self._server = uvicorn.Server(config)
        started = threading.Event()
        startup = self._server.startup

        async def told(*args: Any, **options: Any) -> None:
            await startup(*args, **options)
            self._loop = asyncio.get_running_loop()
            started.set()

        self._server.startup = told  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        assert started.wait(START_SECONDS), "the service did not start"
        self._port = self._server.servers[0].sockets[0].getsockname()[1]

    def kill(self) -> None:
        """Break every connection off, as when the process dies."""
        self._loop.call_soon_threadsafe(self._abort)
        self.stop()

    def stop(self) -> None:
        if not self._thread.is_alive():
            return
        self.pace.release()
        self._server.should_exit = True
        self._thread.join(START_SECONDS)
        assert not self._thread.is_alive(), "the service did not stop"

    def _abort(self) -> None:
        for connection in self._server.server_state.connections:
            connection.transport.abort()
