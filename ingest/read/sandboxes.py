"""Several files read at once, each in a process of its own: parsing keeps one core busy, and machines have more."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import LifoQueue
from types import TracebackType
from typing import Self, TypeVar

from ingest.read.reading import Limits, Reading
from ingest.read.sandbox import Sandbox

MOST = 4  # processes: each may take reading.memory_mb
AHEAD = 2  # files for each process, that are read before what was read first is asked for
Given = TypeVar("Given")
Made = TypeVar("Made")


class Sandboxes:
    """As many processes as there are cores, each started when it is first needed."""

    def __init__(self, limits: Limits, most: int = MOST) -> None:
        self.limits = limits
        self._all = [Sandbox(limits) for _ in range(min(most, len(os.sched_getaffinity(0))))]
        self._free: LifoQueue[Sandbox] = LifoQueue()  # the last one used comes first: one by one needs one process
        for sandbox in self._all:
            self._free.put(sandbox)
        self._threads = ThreadPoolExecutor(len(self._all), thread_name_prefix="read")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for sandbox in self._all:
            sandbox.kill()
        self._threads.shutdown()
        for sandbox in self._all:
            sandbox.close()

    def read(self, kind: str, raw: bytes, name: str) -> Reading:
        """Return what the reader of a kind makes of it, in the next process that is free; raises UnfitError."""
        sandbox = self._free.get()
        try:
            return sandbox.read(kind, raw, name)
        finally:
            self._free.put(sandbox)

    def ahead(self, act: Callable[[Given], Made], items: Iterable[Given]) -> Iterator[tuple[Given, Future[Made]]]:
        """Yield each item with what `act` gives for it, in order, while those that follow are under way."""
        under_way: deque[tuple[Given, Future[Made]]] = deque()
        for item in items:
            under_way.append((item, self._threads.submit(act, item)))
            if len(under_way) > AHEAD * len(self._all):
                yield under_way.popleft()
        yield from under_way
