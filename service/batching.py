"""One worker thread for a model, fed by whatever has gathered while it was busy."""

import asyncio
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
    """

    def __init__(self, run: Callable[[Sequence[In]], Sequence[Out]], limit: int = 16) -> None:
        self._run, self._limit = run, limit
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._waiting: list[tuple[In, Future[Out]]] = []
        self._lock = Lock()

    async def __call__(self, item: In) -> Out:
        """Return run([item])[0]; raises whatever `run` raised for the batch the item was in."""
        future: Future[Out] = Future()
        with self._lock:
            self._waiting.append((item, future))
        # One turn for each item: a turn takes all that wait, up to the limit; turns left over find nothing.
        self._worker.submit(self._turn)
        return await asyncio.wrap_future(future)

    def _turn(self) -> None:
        with self._lock:
            taken, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
        batch = [(item, future) for item, future in taken if future.set_running_or_notify_cancel()]
        if not batch:
            return
        try:
            results = self._run([item for item, _ in batch])
            pairs = list(zip(batch, results, strict=True))
        except Exception as error:  # whatever it is, it belongs to the requests of this batch alone
            for _, future in batch:
                future.set_exception(error)
        else:
            for (_, future), result in pairs:
                future.set_result(result)

    def close(self) -> None:
        """Finish the batch that runs; whoever still waits is cancelled."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        for _, future in self._waiting:
            future.cancel()
