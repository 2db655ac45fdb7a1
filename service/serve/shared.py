"""Identical questions share one generation, and a finished answer serves the next who asks the same."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from cachetools import TLRUCache

from service.events import Answer, Event, Meta, Question

AHEAD = 100  # events that a generation may be before its fastest reader

Generate = Callable[[Question], AsyncGenerator[Event, None]]
Key = tuple[object, ...]


@dataclass(eq=False)
class _Run:
    """One generation: what it has given so far, and who still listens."""

    events: list[Event] = field(default_factory=list)
    readers: int = 0
    ended: bool = False
    whole: bool = True  # whether nothing was missing for it
    failure: BaseException | None = None
    read: int = 0  # events that the fastest reader has
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def change(self) -> None:
        """Wake all who wait, and let the next wait anew."""
        self.changed.set()
        self.changed = asyncio.Event()


class SharedAnswers:
    """Answers for one snapshot: it is made with it and dropped with it, so no answer outlives its index.

    Keeps up to `size` answers for `seconds`. One that something was missing for is kept for `brief` seconds only: the
    next may be whole, but where all ask the same, it need not be made for each of them.
    """

    def __init__(
        self,
        generate: Generate,
        size: int,
        seconds: float,
        brief: float,
        hit: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`hit` is told of each question "kept", "shared" or "new"."""
        self._generate, self._hit = generate, hit
        times = {True: seconds, False: min(brief, seconds)}
        self._kept: TLRUCache[Key, _Run] = TLRUCache(size, lambda _, run, now: now + times[run.whole], timer=clock)
        self._running: dict[Key, _Run] = {}

    async def answer(self, question: Question) -> AsyncGenerator[Event, None]:
        """Yield the events of an answer, under an id of this reader's own; closing it early stops a lone generation."""
        key = (question.text, tuple(question.history), question.scope, question.language)
        run = self._find(key, question)
        began, number = time.perf_counter(), 0
        own = f"a-{uuid.uuid4().hex[:16]}"
        shared = bool(run.events) or run.readers > 0
        run.readers += 1
        try:
            while True:
                for event in run.events[number:]:
                    number += 1
                    yield _own(event, own, began if shared else None)
                if number > run.read:
                    run.read = number
                    run.change()
                if number == len(run.events):  # else more came while these were read
                    if run.failure:
                        raise run.failure
                    if run.ended:
                        return
                    await run.changed.wait()
                # A generation that never waits wakes its reader in each turn of the loop, and anyio does not cancel
                # a task that is about to go on; here it can.
                await asyncio.sleep(0)
        finally:
            run.readers -= 1
            if not run.readers and run.task and not run.ended:
                self._forget(key, run)
                run.task.cancel()
                # The upstream connection is closed before the reader's place is given to another.
                await asyncio.gather(run.task, return_exceptions=True)

    def _find(self, key: Key, question: Question) -> _Run:
        if run := self._kept.get(key):
            self._hit("kept")
            return run
        if run := self._running.get(key):
            self._hit("shared")
            return run
        self._hit("new")
        run = self._running[key] = _Run()
        run.task = asyncio.create_task(self._run(key, question, run))
        return run

    async def _run(self, key: Key, question: Question, run: _Run) -> None:
        try:
            async with aclosing(self._generate(question)) as events:
                async for event in events:
                    run.events.append(event)
                    run.change()
                    while len(run.events) - run.read > AHEAD:
                        await run.changed.wait()
        except Exception as error:  # whatever it is, it belongs to the readers of this run
            run.failure = error
        else:
            last = run.events[-1]
            if self._kept.maxsize and isinstance(last, Answer):
                run.whole = not last.missing
                self._kept[key] = run
        finally:
            run.ended = True
            self._forget(key, run)
            run.change()

    def _forget(self, key: Key, run: _Run) -> None:
        if self._running.get(key) is run:
            del self._running[key]


def _own(event: Event, own: str, began: float | None) -> Event:
    """The event under the reader's id; who did not start the run is told the time that they waited."""
    match event:
        case Meta():
            return replace(event, id=own)
        case Answer():
            waited = {"total": round((time.perf_counter() - began) * 1000, 2)} if began is not None else None
            return replace(event, id=own, timings_ms=waited or event.timings_ms)
        case _:
            return event
