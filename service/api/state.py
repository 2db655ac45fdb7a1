"""What the routes share: the live index, and the pipeline bound to the snapshot a request took."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from ingest.snapshot import Snapshot
from service.answer import Parts
from service.api.problems import ProblemError
from service.bootstrap import Service
from service.index import LiveIndex
from service.store import Store
from service.tokens import Tokens


@dataclass
class State:
    """One for each app; `parts` is made once for each snapshot."""

    service: Service
    index: LiveIndex
    store: Store
    tokens: Tokens
    in_flight: int = 0
    _bound: tuple[Snapshot, Parts] | None = field(default=None)

    def snapshot(self) -> Snapshot:
        """Return the snapshot in use; 503 when there is none."""
        if self.index.snapshot is None:
            raise ProblemError(503, f"No index: {self.index.problem}", {"Retry-After": "10"})
        return self.index.snapshot

    def parts(self) -> Parts:
        snapshot = self.snapshot()
        if self._bound is None or self._bound[0] is not snapshot:
            self._bound = (snapshot, self.service.parts(snapshot))
        return self._bound[1]

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
                self.parts()


def state(request: Request) -> State:
    found: State = request.app.state.outline_qa
    return found


Shared = Annotated[State, Depends(state)]


async def _admitted(state: Shared) -> AsyncIterator[None]:
    # FastAPI leaves it once the reply is sent or its reader gone, streamed replies too.
    with state.admitted():
        yield


Admitted = Depends(_admitted)
