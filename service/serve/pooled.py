"""Answers that replicas share in Redis: one makes an answer, the others wait for it, and it is kept for all who ask."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from typing import Self

from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError

from service.events import Answer, Event, Question
from service.serve.shared import Generate
from service.serve.wire import events_of, packed

log = logging.getLogger(__name__)
NAMES = "outline-qa:answer:"
PATIENCE = 0.5  # seconds that Redis may take
AGAIN = 10.0  # seconds until Redis is tried again
LEASE = 3.0  # seconds that an answer is somebody's to make, after a sign of life
BEAT = 1.0  # seconds between two signs
POLL = 0.03  # seconds between looks for an answer that another makes


@dataclass(frozen=True, slots=True)
class RedisPool:
    """A Redis, for as long as an app lives."""

    client: Redis

    @classmethod
    def at(cls, address: str) -> Self:
        """Make a client, which connects when it is first used; raises ValueError for what is no address."""
        try:
            return cls(Redis.from_url(address, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE))
        except ValueError as error:
            raise ValueError("answer.storage is memory://, or redis://HOST:PORT") from error

    def answers(self, generate: Generate, of: Sequence[object], seconds: float, brief: float) -> Generate:
        return _Pooled(self.client, generate, json.dumps(of, default=str), {True: seconds, False: min(brief, seconds)})

    async def forget(self) -> None:
        """Delete all answers, of whatever index."""
        try:
            async for name in self.client.scan_iter(f"{NAMES}*", count=1000):
                await self.client.unlink(name)
        except RedisError as error:
            log.error("answers are not deleted in Redis, and end there by themselves: %s", error)

    async def close(self) -> None:
        await self.client.aclose()


class _Pooled:
    """The answers of one pipeline. While Redis is away each process makes its own."""

    def __init__(self, client: Redis, generate: Generate, of: str, seconds: dict[bool, float]) -> None:
        self._client, self._generate, self._of, self._seconds = client, generate, of, seconds
        self._retry = 0.0

    async def __call__(self, question: Question) -> AsyncGenerator[Event, None]:
        """Yield the events of an answer; closing it early stops the generation, which another then begins anew."""
        began = time.perf_counter()
        key = _key(self._of, question)
        lock = self._client.lock(f"{NAMES}{key}:making", timeout=LEASE, thread_local=False)
        kept = await self._kept_or_mine(f"{NAMES}{key}", lock)
        if kept is not None:
            for event in kept:
                yield _read_by(event, began)
            return
        events: list[Event] = []
        async with self._held(lock), aclosing(self._generate(question)) as made:
            async for event in made:
                events.append(event)
                if isinstance(event, Answer):
                    await self._keep(f"{NAMES}{key}", events, event)
                yield event

    async def _kept_or_mine(self, name: str, lock: Lock) -> list[Event] | None:
        """Return an answer that is kept, or None once it is this process's to make: by the lock, or without Redis."""
        while time.monotonic() >= self._retry:
            try:
                if kept := await self._client.get(name):
                    return events_of(kept)
                if await lock.acquire(blocking=False):
                    # It may have been made between the two.
                    if kept := await self._client.get(name):
                        await lock.release()
                        return events_of(kept)
                    return None
            except (RedisError, LockError) as error:
                self._away(error)
            except ValueError as error:  # of another release
                log.warning("an answer in Redis is not read: %s", error)
                return None
            await asyncio.sleep(POLL)
        return None

    @asynccontextmanager
    async def _held(self, lock: Lock) -> AsyncIterator[None]:
        """Show that the answer is being made, until it is."""
        beating = asyncio.create_task(self._beat(lock)) if lock.local.token else None
        try:
            yield
        finally:
            if beating:
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)
                await self._done(lock)

    async def _beat(self, lock: Lock) -> None:
        while True:
            await asyncio.sleep(BEAT)
            try:
                await lock.reacquire()
            except (RedisError, LockError) as error:
                log.warning("another may make the same answer: %s", error)
                return

    async def _done(self, lock: Lock) -> None:
        try:
            await lock.release()
        except LockError:
            pass  # it had ended
        except RedisError as error:
            self._away(error)

    async def _keep(self, name: str, events: Sequence[Event], answer: Answer) -> None:
        seconds = self._seconds[not answer.missing]
        if seconds > 0 and time.monotonic() >= self._retry:
            try:
                await self._client.set(name, packed(events), px=max(1, round(seconds * 1000)))
            except RedisError as error:
                self._away(error)

    def _away(self, error: Exception) -> None:
        self._retry = time.monotonic() + AGAIN
        log.error("answers are made in each process for %.0f s: %s", AGAIN, error)


def _key(of: str, question: Question) -> str:
    asked = json.dumps([of, asdict(question)], ensure_ascii=True, default=sorted, sort_keys=True)  # sets are sorted
    return hashlib.sha256(asked.encode()).hexdigest()


def _read_by(event: Event, began: float) -> Event:
    """The time of an answer that was there is its reader's own."""
    if isinstance(event, Answer):
        return replace(event, timings_ms={"total": round((time.perf_counter() - began) * 1000, 2)})
    return event
