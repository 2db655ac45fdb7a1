"""How many are answered at once: as many as are in time, so that load makes nobody's answer worse."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FIRST, LEAST = 24.0, 2.0  # places at the start, and at least
MORE, LESS = 0.25, 0.8  # added for an answer in time while all places are taken; kept of them after a late one
LONGEST = 30.0  # seconds that anyone is told to wait
SMOOTH = 0.1  # of a new interval between answers in their mean


class OverloadedError(Exception):
    """No place is free; `seconds` is when there will be one for who was told."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no place is free for {seconds:.1f} s")
        self.seconds = seconds


class Admission:
    """Gives places, between LEAST and `most`; their number rises while answers take up to `seconds`, and falls else.

    That is additive increase and multiplicative decrease (Chiu and Jain 1989), as TCP has it: what the machine can do
    need not be known. Who is refused gets a turn of their own, by the pace at which places have become free.
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.places, self.taken = min(FIRST, float(most)), 0
        self._most, self._seconds, self._clock = float(most), seconds, clock
        self._pace, self._freed, self._turn, self._cut = 0.1, 0.0, 0.0, 0.0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place while something is worked at; raises OverloadedError."""
        began = self._clock()
        if self.taken >= int(self.places):
            raise OverloadedError(self.wait())
        if not self.taken:
            self._freed = began
        self.taken += 1
        full = self.taken >= int(self.places)
        try:
            yield
        finally:
            self.taken -= 1
            now = self._clock()
            self._pace += SMOOTH * (now - self._freed - self._pace)
            self._freed = now
            self._adapt(began, full)

    def wait(self) -> float:
        """Give somebody a turn; return in how many seconds it is."""
        now = self._clock()
        self._turn = min(max(now, self._turn) + self._pace, now + LONGEST)
        return self._turn - now

    def _adapt(self, began: float, full: bool) -> None:
        now = self._clock()
        if now - began > self._seconds:
            if began >= self._cut:  # those that began before a cut say nothing of what it did
                self._cut = now
                self.places = max(LEAST, self.places * LESS)
        elif full:
            self.places = min(self._most, self.places + MORE)
