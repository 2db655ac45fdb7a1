"""How a platform is spoken to: in time, again where that may help, and at its own address only."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from service.channels.channel import ChannelError

Json = dict[str, Any]
PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds before what is sent is sent again
LONGEST = 30.0  # that a platform may ask to be waited for
EARLY = 60.0  # seconds before its end that a token is fetched anew
TIMEOUT = httpx.Timeout(10)
BUSY = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a platform did not take something: for good, for now, or since it does not know the token any more."""

    told: str
    kind: Literal["refused", "busy", "token"] = "refused"


Verdict = Callable[[Json], Fault | None]


class Token:
    """A token that ends; `fetch` gives another, and the seconds that it is good for."""

    def __init__(self, fetch: Callable[[], Awaitable[tuple[str, float]]]) -> None:
        self._fetch, self._lock = fetch, asyncio.Lock()
        self._token, self._end = "", 0.0

    async def get(self) -> str:
        """Return the token, a new one where it ends soon; raises ChannelError."""
        async with self._lock:
            if time.monotonic() >= self._end:
                self._token, seconds = await self._fetch()
                self._end = time.monotonic() + max(seconds - EARLY, 1)
            return self._token

    def drop(self) -> None:
        self._end = 0.0


class Courier:
    """Sends JSON to a platform; `verdict` says what its reply means."""

    def __init__(
        self, base: str, verdict: Verdict, token: Token | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self._base, self._verdict, self._token = httpx.URL(base), verdict, token
        self._client = httpx.AsyncClient(timeout=TIMEOUT, headers=dict(headers or {}))

    async def post(self, path: str, body: Json) -> Json:
        """Send to a path, or to a whole address of the same host; return the reply. Raises ChannelError."""
        return await self.send("POST", path, body)

    async def send(self, method: str, path: str, body: Json | None = None) -> Json:
        url = self._url(path)
        for pause in (*PAUSES, None):
            reply, fault, wait = await self._try(method, url, body)
            if fault is None:
                return reply
            if fault.kind == "refused" or pause is None:
                raise ChannelError(fault.told)
            if fault.kind == "token" and self._token:
                self._token.drop()
            await asyncio.sleep(max(pause, wait))
        raise AssertionError  # the last pause is None

    async def _try(self, method: str, url: httpx.URL, body: Json | None) -> tuple[Json, Fault | None, float]:
        """Send once; return the reply, what was wrong, and the seconds that the platform asks to be waited for."""
        headers = {"Authorization": f"Bearer {await self._token.get()}"} if self._token else {}
        try:
            reply = await self._client.request(method, url, json=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return {}, Fault(f"{url.host} cannot be reached: {error}", "busy"), 0
        except httpx.HTTPError as error:  # it may have got it, and nobody wants an answer twice
            return {}, Fault(f"{url.host} did not reply: {type(error).__name__}"), 0
        if reply.status_code in BUSY:
            return {}, Fault(f"{url.host} replied {reply.status_code}", "busy"), _wait(reply)
        try:
            told = reply.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            return {}, Fault(f"{url.host} replied {reply.status_code} without a JSON object"), 0
        return told, self._verdict(told), 0

    def _url(self, path: str) -> httpx.URL:
        """The address of a path; one that came from outside is followed to the platform's own host only."""
        if path.startswith("/"):
            return httpx.URL(f"{self._base}".rstrip("/") + path)
        try:
            url = httpx.URL(path)
        except httpx.InvalidURL as error:
            raise ChannelError(f"{path!r} is no address") from error
        if (url.scheme, url.netloc) != (self._base.scheme, self._base.netloc):
            raise ChannelError(f"{url.host!r} is not {self._base.host!r}, so nothing is sent there")
        return url

    async def close(self) -> None:
        await self._client.aclose()


def _wait(reply: httpx.Response) -> float:
    try:
        return min(max(float(reply.headers.get("retry-after", "0")), 0), LONGEST)
    except ValueError:
        return 0
