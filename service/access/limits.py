"""How much each may ask: requests a minute, at once, and tokens of answers a day; counted here or in Redis."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter

from service.access.principal import Allowance, Principal

log = logging.getLogger(__name__)
MEMORY = "memory://"
PATIENCE = 0.5  # seconds that Redis may take
AGAIN = 10.0  # seconds until Redis is tried again
MINUTE, DAY = 60, 86_400
Counted = TypeVar("Counted")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a limit, and in how many seconds there is more of it."""

    name: str
    limit: int
    seconds: int  # that it is for
    left: int
    wait: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.limit};w={self.seconds}',
            "RateLimit": f'"{self.name}";r={self.left};t={self.wait}',
        }


class OverLimitError(Exception):
    """More was asked than is allowed; `standing` is None where the limit is on what is done at once."""

    def __init__(self, told: str, standing: Standing | None) -> None:
        super().__init__(told)
        self.standing = standing


class Limits:
    """Counts by principal. While Redis is away each process counts for itself, so limits never shut anyone out."""

    def __init__(self, default: Allowance, storage: str = MEMORY) -> None:
        """`storage` is memory:// or a Redis address; raises ValueError for another."""
        self._default, self._own = default, _Counters(MemoryStorage())
        self._shared: _Counters | None = None
        if storage != MEMORY:
            self._shared = _Counters(_redis(storage))
        self._at_once: Counter[str] = Counter()
        self._retry = 0.0

    async def take(self, principal: Principal) -> Standing | None:
        """Count a request; return how its minute stands, None without a limit. Raises OverLimitError."""
        tokens = self._allowed(principal, "tokens_a_day")
        if tokens:
            left = await self._count(lambda counters: counters.tokens(principal.id, tokens))
            if left.left <= 0:
                raise OverLimitError(f"the {tokens} tokens of today are used up", left)
        most = self._allowed(principal, "per_minute")
        if not most:
            return None
        taken, standing = await self._count(lambda counters: counters.request(principal.id, most))
        if not taken:
            raise OverLimitError(f"more than {most} requests in a minute", standing)
        return standing

    @contextmanager
    def at_once(self, principal: Principal) -> Iterator[None]:
        """Count what is done at the same time, in this process; raises OverLimitError."""
        most = self._allowed(principal, "at_once")
        if most and self._at_once[principal.id] >= most:
            raise OverLimitError(f"more than {most} requests at once", None)
        self._at_once[principal.id] += 1
        try:
            yield
        finally:
            self._at_once[principal.id] -= 1
            if not self._at_once[principal.id]:
                del self._at_once[principal.id]

    async def spend(self, principal: Principal, tokens: int) -> None:
        """Count tokens of an answer; the answer that passes the limit is given whole."""
        most = self._allowed(principal, "tokens_a_day")
        if most and tokens:
            await self._count(lambda counters: counters.spend(principal.id, most, tokens))

    def _allowed(self, principal: Principal, name: str) -> int | None:
        """The principal's own limit, else the default. Nobody is limited where no key is needed."""
        if principal.kind in ("open", "service"):
            return None
        own: int | None = getattr(principal.allowance, name)
        default: int | None = getattr(self._default, name)
        return default if own is None else own

    async def _count(self, counting: Callable[["_Counters"], Counted]) -> Counted:
        if self._shared and time.monotonic() >= self._retry:
            try:
                return await asyncio.to_thread(counting, self._shared)
            except StorageError as error:
                self._retry = time.monotonic() + AGAIN
                log.error("limits are counted in each process for %.0f s: %s", AGAIN, error)
        return counting(self._own)


def _redis(address: str) -> Storage:
    """Return the storage at an address, which may hold a password and is not told."""
    remedy = f"access.storage is {MEMORY}, or redis://HOST:PORT with the extra: pip install 'outline-qa[redis]'"
    try:
        made = storage_from_string(
            address, wrap_exceptions=True, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
    except (ConfigurationError, TypeError) as error:
        raise ValueError(remedy) from error
    if not isinstance(made, Storage):
        raise ValueError(remedy)
    return made


class _Counters:
    """The windows in one storage."""

    def __init__(self, storage: Storage) -> None:
        self._minutes: RateLimiter = MovingWindowRateLimiter(storage)
        self._days: RateLimiter = FixedWindowRateLimiter(storage)

    def request(self, who: str, most: int) -> tuple[bool, Standing]:
        item = RateLimitItemPerMinute(most)
        taken = self._minutes.hit(item, "requests", who)
        return taken, _standing("minute", self._minutes, item, "requests", who, MINUTE)

    def tokens(self, who: str, most: int) -> Standing:
        return _standing("tokens-a-day", self._days, RateLimitItemPerDay(most), "tokens", who, DAY)

    def spend(self, who: str, most: int, tokens: int) -> None:
        self._days.hit(RateLimitItemPerDay(most), "tokens", who, cost=tokens)


def _standing(name: str, limiter: RateLimiter, item: RateLimitItem, kind: str, who: str, seconds: int) -> Standing:
    reset, left = limiter.get_window_stats(item, kind, who)
    wait = min(max(1, math.ceil(reset - time.time())), seconds)
    return Standing(name, item.amount, seconds, max(0, left), wait)
