"""The real pipeline with a writer that never ends, to see it stopped."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.bootstrap import LanguageModel, Service
from service.parts import Parts
from service.search.passages import Passage
from service.search.retrieve import Query
from service.settings import ServiceSettings
from service.write.writer import Quote, Sentence


class Endless:
    """A writer that says the first passage again and again; `stopped` is set when it is closed."""

    name = "endless"

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self.stopped = threading.Event()

    async def write(self, query: Query, passages: Sequence[Passage], language: str) -> AsyncIterator[Sentence]:
        try:
            while True:
                yield Sentence("又一句。", (Quote(0, passages[0].start, passages[0].end),))
                await asyncio.sleep(self._pause)
        finally:
            self.stopped.set()


class EndlessService(Service):
    """The real pipeline, but for the writer."""

    def __init__(self, settings: ServiceSettings, embedder: Embedder, writer: Endless) -> None:
        super().__init__(settings, embedder)
        self._writer = writer

    def parts(self, snapshot: Snapshot, model: LanguageModel | None = None) -> Parts:
        return replace(super().parts(snapshot, model), writer=self._writer)
