"""How often somebody may do something within a while."""

import time
from collections import deque
from collections.abc import Callable, Hashable

from cachetools import TTLCache

VISITORS = 100_000  # counted at once


class MovingWindow:
    """Allows `amount` in any `seconds`, for each visitor; a clock that is set anew changes nothing."""

    def __init__(self, amount: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.amount, self._seconds, self._clock = amount, seconds, clock
        self._times: TTLCache[Hashable, deque[float]] = TTLCache(VISITORS, seconds, timer=clock)

    def wait(self, visitor: Hashable) -> float:
        """Count one in and return 0, or return in how many seconds there is room for one."""
        now = self._clock()
        times = self._times.get(visitor, deque())
        while times and times[0] <= now - self._seconds:
            times.popleft()
        if len(times) >= self.amount:
            return times[0] + self._seconds - now
        times.append(now)
        self._times[visitor] = times
        return 0.0
