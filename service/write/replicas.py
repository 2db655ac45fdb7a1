"""The servers of the model: which to ask next, which to spare, and whether they get on with their work."""

import asyncio
import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from pybreaker import CircuitBreaker, CircuitBreakerError

from service.tracing import inject
from service.write.writer import Health, WriterError

FAILURES = 3  # in a row, after which a server is spared
SPARED_SECONDS = 15.0  # until one request probes it again
STRIKES = 3  # failed looks in a row until a server that was up counts as down: a busy one may miss one
STILL_SECONDS = 30.0  # without a token while requests run: stalled
LEAD = 8  # requests more than the least loaded has, past which a warm cache is not waited for
LOOK_SECONDS = 2.0  # between two looks; those who ask in between get the last one
# What a request itself is to blame for says nothing about the server.
NO_FAULT = frozenset({"context", "length", "empty", "unsupported"})
RUNNING = re.compile(r"^vllm:num_requests_running(?:\{[^}]*\})?\s+(\S+)", re.MULTILINE)
TOKENS = re.compile(
    r"^vllm:(?:iteration_tokens_total_sum|generation_tokens_total|prompt_tokens_total)(?:\{[^}]*\})?\s+(\S+)",
    re.MULTILINE,
)


@dataclass
class Replica:
    """One server: its address up to /v1, the requests we have there, and its breaker."""

    url: str
    key: str
    in_flight: int = 0
    breaker: CircuitBreaker = field(
        default_factory=lambda: CircuitBreaker(
            fail_max=FAILURES,
            reset_timeout=SPARED_SECONDS,
            exclude=[lambda error: not isinstance(error, WriterError) or error.reason in NO_FAULT],
            throw_new_error_on_trip=False,
        )
    )
    was_up: bool = False
    strikes: int = 0
    tokens: float = -1.0
    moved: float = 0.0

    @property
    def sound(self) -> bool:
        return bool(self.breaker.current_state == "closed")

    @property
    def local(self) -> bool:
        return urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}

    def client(self, timeout: httpx.Timeout) -> httpx.AsyncClient:
        """Make a client that closes each connection with its reply: a server then sees at once that a reader left.

        A proxy of the environment is not for this machine's own ports.
        """
        limits = httpx.Limits(max_keepalive_connections=0)
        hooks = {"request": [_traced]}
        return httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=not self.local, event_hooks=hooks)

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Count a request, and its failure; raises WriterError without asking while the server is spared."""
        if self.breaker.current_state == "half-open" and self.in_flight:
            raise WriterError("unreachable", f"{self.url} is being probed by another request")
        self.in_flight += 1
        try:
            with self.breaker.calling():
                yield
        except CircuitBreakerError as error:
            raise WriterError("unreachable", f"{self.url} failed {FAILURES} times and is spared for a while") from error
        finally:
            self.in_flight -= 1


async def _traced(request: httpx.Request) -> None:
    """Have what a server notes of a request be a part of our trace."""
    inject(request.headers)


class Replicas:
    """All servers of one model."""

    def __init__(self, urls: Sequence[str], key: str, model: str) -> None:
        self._all = [Replica(url.rstrip("/"), key) for url in urls]
        self._model = model
        self._looked = -LOOK_SECONDS
        self._health = Health(False, ("The language model was not looked at yet.",))

    def __iter__(self) -> Iterator[Replica]:
        return iter(self._all)

    def ranked(self, alike: str = "") -> list[Replica]:
        """Return the servers to try, least loaded first, those that are spared last.

        Requests that begin `alike` go to the same one first, whose prefix cache then has that: by rendezvous hashing
        (Thaler and Ravishankar 1998), so that one more server or one less moves only its own share. One that is far
        busier than another is not waited for.
        """
        by_load = sorted(self._all, key=lambda replica: (not replica.sound, replica.in_flight))
        sound = [replica for replica in by_load if replica.sound]
        if not alike or not sound:
            return by_load
        home = max(sound, key=lambda replica: hashlib.sha256(f"{replica.url}\0{alike}".encode()).digest())
        if home.in_flight - sound[0].in_flight > LEAD:
            return by_load
        return [home, *(replica for replica in by_load if replica is not home)]

    async def health(self) -> Health:
        """Look at every server: does it serve the model, and does it make tokens while requests run?"""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return self._health
        self._looked = time.monotonic()
        problems = await asyncio.gather(*map(self._look, self._all))
        self._health = Health(None in problems, tuple(problem for problem in problems if problem))
        return self._health

    async def _look(self, replica: Replica) -> str | None:
        try:
            async with replica.client(httpx.Timeout(5)) as client:
                reply = await client.get(f"{replica.url}/models", headers={"Authorization": f"Bearer {replica.key}"})
                reply.raise_for_status()
                served = [model["id"] for model in reply.json()["data"]]
                if self._model not in served:
                    return f"{replica.url} serves {', '.join(served)}, not {self._model}."
                still = self._stands_still(replica, await _metrics(client, replica))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            replica.strikes += 1
            down = not replica.was_up or replica.strikes >= STRIKES
            return f"{replica.url} does not answer: {error or type(error).__name__}." if down else None
        replica.strikes, replica.was_up = 0, True
        return f"{replica.url} has requests but makes no tokens." if still else None

    def _stands_still(self, replica: Replica, metrics: str) -> bool:
        running = sum(float(value) for value in RUNNING.findall(metrics))
        tokens = sum(float(value) for value in TOKENS.findall(metrics))
        now = time.monotonic()
        if tokens != replica.tokens or not running:
            replica.tokens, replica.moved = tokens, now
        return now - replica.moved > STILL_SECONDS


async def count_tokens(replicas: Replicas, model: str, text: str) -> int | None:
    """Ask a server how many of the model's tokens a text has; None where none can tell (only vLLM can)."""
    for replica in replicas.ranked()[:1]:
        try:
            async with replica.client(httpx.Timeout(2)) as client:
                reply = await client.post(
                    f"{root(replica.url)}/tokenize",
                    json={"model": model, "prompt": text, "add_special_tokens": False},
                    headers={"Authorization": f"Bearer {replica.key}"},
                )
                return int(reply.raise_for_status().json()["count"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None
    return None


async def _metrics(client: httpx.AsyncClient, replica: Replica) -> str:
    """Return the server's metrics; other servers than vLLM may have none, which is no fault."""
    reply = await client.get(f"{root(replica.url)}/metrics")
    return reply.text if reply.status_code == 200 else ""


def root(url: str) -> str:
    """vLLM's own routes stand beside /v1, not below it."""
    return url.removesuffix("/v1")
