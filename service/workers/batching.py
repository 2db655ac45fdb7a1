"""One worker thread for a model, fed by whatever has gathered while it was busy."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Batcher(Generic[In, Out]):
    """Await `batcher(item)` from any task and loop; `run` sees lists of up to `limit` items, one at a time.

    A fast tokeniser must not be entered by two threads at once, and a batch of 16 questions costs a model far
    less than 16 calls. No timer: a lone request starts at once, a burst queues up behind it as one batch.

    `patience` is how many seconds a caller waits, or its own of a call. A request that would be done too late, were its
    run as long as the last one (but no longer than half the patience), is not begun: with more work than time, each
    would else begin when its time is nearly over, and nobody be served.
    """

    def __init__(
        self, run: Callable[[Sequence[In]], Sequence[Out]], limit: int = 16, patience: float | None = None
    ) -> None:
        self._run, self._limit, self._patience = run, limit, patience
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._waiting: deque[tuple[In, Future[Out], float, float | None]] = deque()
        self._lasted = 0.0
        self._lock = Lock()
        self._busy = self._closed = False

    async def __call__(self, item: In, patience: float | None = None) -> Out:
        """Return run([item])[0]; raises whatever `run` raised for its batch, TimeoutError past the patience."""
        future: Future[Out] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot take another item: the worker is closed")
            own = self._patience if patience is None else patience
            self._waiting.append((item, future, time.monotonic(), own))
            if not self._busy:
                self._busy = True
                self._worker.submit(self._serve)
        return await asyncio.wrap_future(future)

    def _serve(self) -> None:
        """Run batches until nobody waits."""
        while batch := self._take():
            began = time.monotonic()
            try:
                results = self._run([item for item, _ in batch])
                pairs = list(zip(batch, results, strict=True))
            except Exception as error:  # whatever it is, it belongs to the requests of this batch alone
                for _, future in batch:
                    future.set_exception(error)
            else:
                for (_, future), result in pairs:
                    future.set_result(result)
            self._lasted = time.monotonic() - began

    def _take(self) -> list[tuple[In, Future[Out]]]:
        """Take the next batch, of requests that are still wanted."""
        with self._lock:
            batch: list[tuple[In, Future[Out]]] = []
            while self._waiting and len(batch) < self._limit and not self._closed:
                item, future, since, patience = self._waiting.popleft()
                if not future.set_running_or_notify_cancel():
                    continue
                if patience is not None and self._is_late(since, patience):
                    future.set_exception(TimeoutError("it would be done too late"))
                else:
                    batch.append((item, future))
            self._busy = bool(batch)
            return batch

    def _is_late(self, since: float, patience: float) -> bool:
        return time.monotonic() - since + min(self._lasted, patience / 2) > patience

    def close(self) -> None:
        """Finish the batch that runs; whoever still waits is cancelled."""
        with self._lock:
            self._closed = True
        self._worker.shutdown(wait=True, cancel_futures=True)
        for _, future, _, _ in self._waiting:
            future.cancel()
