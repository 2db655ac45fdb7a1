"""One thread for work that keeps the interpreter busy, so that the event loop is not held up by it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Out = TypeVar("Out")


class Worker:
    """Await `worker(function, *arguments)` from any task; one runs at a time.

    More threads would not be faster, as only one of them has the interpreter, and each that waits for it makes the
    event loop wait longer: with 200 open streams and the default of six threads it came 90 ms late, not 30.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="work")

    async def __call__(
        self, function: Callable[Parameters, Out], *arguments: Parameters.args, **options: Parameters.kwargs
    ) -> Out:
        """Return what the function returns; raises what it raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: function(*arguments, **options))

    def close(self) -> None:
        """Finish what runs; whoever still waits is cancelled."""
        self._thread.shutdown(wait=True, cancel_futures=True)
