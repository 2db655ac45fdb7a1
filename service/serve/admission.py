"""How many are worked at at once, and how many wait: as many as are answered in time, so that load harms no answer."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

from service.access.fair import FairQueue, NoPlaceError

FIRST, LEAST = 8, 2  # places at the start, and at least
LOOKING = 8  # that may see whether their answer is kept, though no place is free
LONGEST = 60.0  # seconds that anyone is told to wait
PACE, SMOOTH = 0.1, 0.05  # seconds between two answers, at first; of a new one in their mean

_look: ContextVar["Callable[[], None] | None"] = ContextVar("look", default=None)


class OverloadedError(Exception):
    """No place is free; `seconds` is when there will be one for who was told."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no place is free for {seconds:.1f} s")
        self.seconds = seconds


class Admission:
    """Gives places by turns, up to `most`; half of those who are answered in `seconds` have one, the others wait.

    That number is the pace of answers times the seconds (Little 1961); the pace is measured while several are worked
    at, so what the machine can do need not be known. Who is refused gets a turn of their own, by the same pace.
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        first = min(FIRST, most)
        self.queue = FairQueue(first, first, 2 * seconds)  # who has waited is not sent away for some lateness
        self._most, self._seconds, self._clock = most, seconds, clock
        self._pace, self._freed, self._turn = PACE, 0.0, 0.0
        self._looking: Counter[str] = Counter()

    def crowded(self, who: str) -> bool:
        """Whether a question of somebody would get no place in time, known before anything is done for it."""
        lines = self.queue.lines + self._looking
        if lines.total() - max(0, self.queue.places - self.queue.running) < self.queue.most + LOOKING:
            return False
        return max(lines.values(), default=0) <= lines[who] + 1

    @contextmanager
    def look(self, who: str) -> Iterator[None]:
        """Count a question until its answer is `found`, or it asks for a place; raises OverloadedError."""
        if self.crowded(who):
            raise OverloadedError(self.wait())
        self._looking[who] += 1
        seen = False

        def leave() -> None:
            nonlocal seen
            if not seen:
                seen = True
                self._looking[who] -= 1
                self._looking += Counter()  # drops those that look no more

        token = _look.set(leave)
        try:
            yield
        finally:
            leave()
            _look.reset(token)

    @asynccontextmanager
    async def place(self, who: str) -> AsyncIterator[None]:
        """Hold a place while something is worked at; raises OverloadedError."""
        looked()
        try:
            async with self.queue.place(who):
                if self.queue.running == 2:  # what one alone takes says nothing of how many can be answered
                    self._freed = self._clock()
                try:
                    yield
                finally:
                    self._measure()
        except NoPlaceError:
            raise OverloadedError(self.wait()) from None

    def wait(self) -> float:
        """Give somebody a turn; return in how many seconds it is."""
        now = self._clock()
        self._turn = min(max(now, self._turn) + self._pace, now + LONGEST)
        return self._turn - now

    def _measure(self) -> None:
        if self.queue.running < 2:
            return
        now = self._clock()
        self._pace += SMOOTH * (now - self._freed - self._pace)
        self._freed = now
        fitting = int(self._seconds / 2 / max(self._pace, 1e-3))
        self.queue.places = self.queue.most = min(max(LEAST, fitting), self._most)


def looked() -> None:
    """Say that the question of this context is no longer looked at: its answer is found, or it asks for a place."""
    if leave := _look.get():
        leave()
