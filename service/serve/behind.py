"""Answers are written behind their readers' backs: whatever becomes of the store, nobody waits for it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Condition, Thread
from typing import Any, Generic, Literal, Protocol, TypeVar

from service.serve.shelf import AnswerStore, Shelf
from service.serve.store import Kept, Rating

log = logging.getLogger(__name__)
WAITING = 4096  # answers that wait to be written at most
BYTES = 64 << 20  # of them
BATCH = 256
FIRST, LONGEST = 0.5, 15.0  # seconds until what failed is tried again; each time twice as long


class StoreUnavailableError(Exception):
    """What is to be kept cannot be at present."""


Wish = Rating | Literal["none"]  # none takes a rating back
Result = TypeVar("Result")


async def waited(future: "Future[Result]", seconds: float) -> Result:
    """Return what a store gives; raises StoreUnavailableError where it does not, or not within the time."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(future), seconds)
    except TimeoutError as error:
        raise StoreUnavailableError("The store takes too long") from error


class Call(Generic[Result]):
    """What somebody waits for; it takes its turn behind the answers that are to be written before."""

    def __init__(self, act: Callable[[AnswerStore], Result]) -> None:
        self._act = act
        self.future: Future[Result] = Future()

    def run(self, store: AnswerStore) -> None:
        result = self._act(store)
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(result)

    def fail(self, fault: str) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(StoreUnavailableError(fault))


Work = Kept | Call[Any]


class Keeping(Protocol):
    """Keep answers and their ratings without anyone's waiting; `problem` says what is wrong, and what mends it."""

    @property
    def waiting(self) -> int: ...

    @property
    def problem(self) -> str | None: ...

    def keep(self, answer: Kept) -> None: ...

    def rate(self, answer_id: str, rating: Wish, comment: str | None) -> "Future[bool]": ...

    def find(self, answer_id: str) -> "Future[Kept | None]": ...

    def do(self, act: Callable[[AnswerStore], Result]) -> "Future[Result]": ...

    def close(self, seconds: float = 5) -> None: ...


class NothingKept:
    """Keeps nothing, so no answer is known."""

    waiting, problem = 0, None

    def keep(self, answer: Kept) -> None:
        """It is forgotten."""

    def rate(self, answer_id: str, rating: Wish, comment: str | None) -> "Future[bool]":
        future: Future[bool] = Future()
        future.set_result(False)
        return future

    def find(self, answer_id: str) -> "Future[Kept | None]":
        future: Future[Kept | None] = Future()
        future.set_result(None)
        return future

    def do(self, act: Callable[[AnswerStore], Result]) -> "Future[Result]":
        """There is nothing to do it to."""
        future: Future[Result] = Future()
        future.set_exception(StoreUnavailableError("nothing is kept here (OUTLINE_QA_STORE__ENABLED)"))
        return future

    def close(self, seconds: float = 5) -> None:
        """Nothing is held."""


class WriteBehind:
    """Owns the store on a thread of its own; opens it there, and again after a failure.

    Order is kept, so a rating comes after its answer. What there is no room for while the store fails is lost, and
    `lost` is told how many.
    """

    def __init__(self, shelf: Shelf, lost: Callable[[int], None] = lambda _: None) -> None:
        self._shelf, self._lost = shelf, lost
        self._store: AnswerStore | None = None
        self._fault: str | None = None
        self._waiting: deque[Work] = deque()
        self._size = 0
        self._changed = Condition()
        self._closing = False
        self._thread = Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def problem(self) -> str | None:
        """What is wrong and what mends it; None while all is kept."""
        return self._fault or self._shelf.problem

    def keep(self, answer: Kept) -> None:
        """Have an answer written; returns at once."""
        size = len(answer.body) + len(answer.question)
        with self._changed:
            if self._closing or len(self._waiting) >= WAITING or self._size + size > BYTES:
                self._lost(1)
                return
            self._size += size
            self._waiting.append(answer)
            self._changed.notify()

    def rate(self, answer_id: str, rating: Wish, comment: str | None) -> "Future[bool]":
        """Have an answer rated; the future says whether it is known, once that is written.

        Its error is StoreUnavailableError where it cannot be written.
        """
        return self.do(lambda s: s.unrate(answer_id) if rating == "none" else s.rate(answer_id, rating, comment))

    def find(self, answer_id: str) -> "Future[Kept | None]":
        """Have an answer read, once all before it is written; None where it is not kept. Fails as `rate` does."""
        return self.do(lambda store: store.find(answer_id))

    def do(self, act: Callable[[AnswerStore], Result]) -> "Future[Result]":
        """Have something done with the store, once all before it is written. Fails as `rate` does."""
        call = Call(act)
        if fault := self._refusal(call):
            call.fail(fault)
        return call.future

    def _refusal(self, call: Call[Any]) -> str:
        """Have a call wait its turn; return why it cannot, or nothing."""
        with self._changed:
            if self._closing or self._fault or len(self._waiting) >= WAITING:
                return self._fault or "too much waits to be written"
            self._waiting.append(call)
            self._changed.notify()
        return ""

    def close(self, seconds: float = 5) -> None:
        """Write what waits, for some seconds at most; what is left is lost, and the log says how much."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(seconds)
        with self._changed:
            if self._waiting:
                log.error("%d answers were not kept: %s", len(self._waiting), self._fault or "the store is too slow")
                self._lost(len(self._waiting))

    def _run(self) -> None:
        pause = FIRST
        while True:
            with self._changed:
                while not self._waiting and not self._closing and self._store and not self._fault:
                    self._changed.wait()
                batch, closing = self._batch(), self._closing
            try:
                self._write(batch)
            except self._shelf.errors as error:
                self._fail(error)
                if closing:
                    break
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, pause)
                pause = min(2 * pause, LONGEST)
                continue
            except Exception:  # the outermost layer of this thread, which must not end
                log.exception("%d answers were not kept", len(batch))
                self._lost(len(batch))
            self._written(len(batch))
            pause = FIRST
            if closing and not self._waiting:
                break
        if self._store:
            self._store.close()

    def _batch(self) -> Sequence[Work]:
        """The next answers, or the next call, all of which still wait until they are written."""
        batch: list[Work] = []
        for each in self._waiting:
            if len(batch) == BATCH or (batch and not isinstance(each, Kept)):
                break
            batch.append(each)
            if not isinstance(each, Kept):
                break
        return batch

    def _write(self, batch: Sequence[Work]) -> None:
        self._store = self._store or self._shelf.open()
        answers = [each for each in batch if isinstance(each, Kept)]
        if answers or not batch:
            self._store.keep_all(answers)
        for each in batch:
            if not isinstance(each, Kept):
                each.run(self._store)

    def _written(self, count: int) -> None:
        with self._changed:
            for _ in range(count):
                each = self._waiting.popleft()
                if isinstance(each, Kept):
                    self._size -= len(each.body) + len(each.question)
        if self._fault:
            log.info("answers are kept in %s again", self._shelf.name)
            self._fault = None

    def _fail(self, error: Exception) -> None:
        """Note what is wrong, free those who wait for it, and open the store anew."""
        if self._store:
            self._store.close()
            self._store = None
        fault = f"answers are not kept, so they cannot be rated: {self._shelf.told(error)}"
        if fault != self._fault:
            log.error("%s", fault)
        self._fault = fault
        with self._changed:
            calls = [each for each in self._waiting if not isinstance(each, Kept)]
            self._waiting = deque(each for each in self._waiting if isinstance(each, Kept))
        for call in calls:
            call.fail(fault)
