"""A client that costs next to nothing, so that what is measured is the service: one connection, and bytes."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

LENGTH, LATER, CLOSED = b"\r\ncontent-length:", b"\r\nretry-after:", b"\r\nconnection: close"


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, the seconds after which to come back (None: not told), and the body."""

    status: int
    later: float | None
    body: bytes


class Caller:
    """Sends one request after the other; a connection that was closed is opened anew."""

    def __init__(self, url: str, address: str | None = None) -> None:
        """`url` is http://HOST:PORT; `address` is the one to call from."""
        self._host, _, port = url.removeprefix("http://").partition(":")
        self._port, self._from = int(port), (address, 0) if address else None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close()

    async def send(self, head: bytes, body: bytes = b"") -> Reply:
        """Send `head`, the line of a request as `POST /v1/ask`, with a JSON body; raises OSError, EOFError."""
        kind = b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body) if body else b""
        request = b"%s HTTP/1.1\r\nhost: 127.0.0.1\r\n%s\r\n%s" % (head, kind, body)
        if self._streams is not None:
            with suppress(OSError, EOFError):  # it idled too long, and was ended
                return await self._exchange(request, *self._streams)
        self._streams = await asyncio.open_connection(self._host, self._port, local_addr=self._from)
        return await self._exchange(request, *self._streams)

    async def _exchange(self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Reply:
        try:
            writer.write(request)
            told = (await reader.readuntil(b"\r\n\r\n")).lower()
            body = await reader.readexactly(int(_number(told, LENGTH) or 0))
        except BaseException:  # what comes next would be the rest of this reply
            self._close()
            raise
        if CLOSED in told:
            self._close()
        return Reply(int(told[9:12]), _number(told, LATER), body)

    def _close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None


def _number(head: bytes, name: bytes) -> float | None:
    _, found, rest = head.partition(name)
    return float(rest.partition(b"\r\n")[0]) if found else None
