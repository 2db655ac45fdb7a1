"""Places for what is done at once: whoever has most of them, or waits for most, comes after the others."""

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cachetools import LRUCache

KNOWN = 10_000  # of whom it is known when they were served
WEIGHT = 0.1  # of the newest in the mean time that a place is held


class NoPlaceError(Exception):
    """No place became free in time; `seconds` says when one likely is."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"no place is free; one likely is in {seconds} s")
        self.seconds = seconds


class FairQueue:
    """`places` at once; at most `waiting` wait, up to `seconds` each; a free place goes to who has fewest.

    Both numbers may be set anew at any time (`places`, `most`).
    When no more may wait, the last of the longest line gives way to one of a shorter line, so nobody fills the queue.
    """

    def __init__(self, places: int, waiting: int, seconds: float) -> None:
        self.places, self.most, self._seconds = places, waiting, seconds
        self._running: Counter[str] = Counter()
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}
        self._served: LRUCache[str, int] = LRUCache(KNOWN)  # the number of the last place that each got
        self._given = 0
        self._mean = 1.0

    @property
    def running(self) -> int:
        return self._running.total()

    @property
    def waiting(self) -> int:
        return sum(map(len, self._lines.values()))

    @property
    def lines(self) -> Counter[str]:
        """How many wait, of each."""
        return Counter({who: len(line) for who, line in self._lines.items()})

    @asynccontextmanager
    async def place(self, who: str) -> AsyncIterator[None]:
        """Hold a place; raises NoPlaceError."""
        if self.running < self.places and not self._lines:
            self._give(who)
        else:
            await self._wait(who)
        began = time.monotonic()
        try:
            yield
        finally:
            self._mean += WEIGHT * (time.monotonic() - began - self._mean)
            self._leave(who)

    async def _wait(self, who: str) -> None:
        if self.waiting >= self.most:
            self._make_room(who)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(who, deque()).append(turn)
        try:
            await asyncio.wait({turn}, timeout=self._seconds)
        except asyncio.CancelledError:
            if turn.done() and turn.exception() is None:
                self._leave(who)
            self._withdraw(who, turn)
            raise
        if not turn.done():
            self._withdraw(who, turn)
            raise NoPlaceError(self._later())
        turn.result()

    def _make_room(self, who: str) -> None:
        longest = max(self._lines, key=lambda line: len(self._lines[line]), default=who)
        if len(self._lines.get(longest, ())) <= len(self._lines.get(who, ())) + 1:
            raise NoPlaceError(self._later())
        last = self._lines[longest][-1]
        self._withdraw(longest, last)
        last.set_exception(NoPlaceError(self._later()))

    def _withdraw(self, who: str, turn: asyncio.Future[None]) -> None:
        line = self._lines.get(who)
        if line and turn in line:
            line.remove(turn)
            if not line:
                del self._lines[who]

    def _leave(self, who: str) -> None:
        self._running[who] -= 1
        if not self._running[who]:
            del self._running[who]
        while self._lines and self.running < self.places:
            # Of equals the one served longest ago.
            first = min(self._lines, key=lambda line: (self._running[line], self._served.get(line, 0)))
            turn = self._lines[first][0]
            self._withdraw(first, turn)
            self._give(first)
            turn.set_result(None)

    def _give(self, who: str) -> None:
        self._given += 1
        self._running[who] += 1
        self._served[who] = self._given

    def _later(self) -> int:
        """Seconds until those who wait now have had their turn, at the pace of late."""
        return max(1, math.ceil((self.waiting + 1) * self._mean / max(1, self.places)))
