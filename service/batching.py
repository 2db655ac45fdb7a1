"""One worker thread for a model, fed by whatever has gathered while it was busy."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Batcher(Generic[In, Out]):
    """Await `batcher(item)` from any task; `run` sees lists of up to `limit` items, one list at a time.

    A fast tokeniser must not be entered by two threads at once, and a batch of 16 questions costs a model far
    less than 16 calls. No timer: a lone request starts at once, a burst queues up behind it as one batch.
    """

    def __init__(self, run: Callable[[Sequence[In]], Sequence[Out]], limit: int = 16) -> None:
        self._run, self._limit = run, limit
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._waiting: list[tuple[In, asyncio.Future[Out]]] = []
        self._draining: asyncio.Task[None] | None = None

    async def __call__(self, item: In) -> Out:
        """Return run([item])[0]; raises whatever `run` raised for the batch the item was in."""
        future: asyncio.Future[Out] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = [(item, future) for item, future in self._waiting[: self._limit] if not future.done()]
            del self._waiting[: self._limit]
            if not batch:
                continue
            try:
                results = await loop.run_in_executor(self._worker, self._run, [item for item, _ in batch])
            except Exception as error:  # whatever it is, it belongs to the requests of this batch alone
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
        self._draining = None

    def close(self) -> None:
        self._worker.shutdown(wait=True, cancel_futures=True)
