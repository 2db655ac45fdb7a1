"""How long and how many connections may be: nobody who is slow, idle or silent keeps others out."""

import asyncio
import os
import resource
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.settings import ConnectionSettings

LISTENERS = 16  # on one socket: uvloop takes one connection from each in a turn of the loop, the rest would queue up
FAILED = 3  # uvicorn's own status where the start failed
RESERVE = 64  # descriptors for the index, the store, models and servers that are asked
TIMEOUT = b"The request did not come in time."
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: close\r\ncontent-type: text/plain\r\n"
    b"content-length: 22\r\n\r\nToo many connections.\n"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds for a request's head, for its body, and for a reader to take what is sent; connections at once."""

    head: float
    body: float
    reply: float
    most: int


class BoundedProtocol(H11Protocol):
    """Ends what takes too long with 408; where there is no room, the connection goes that idles the longest."""

    bounds: ClassVar[Bounds]
    idle: ClassVar["dict[BoundedProtocol, None]"]  # without a request, the longest first

    _phase = ""
    _deadline: asyncio.TimerHandle | None = None
    _drain: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= self.bounds.most and not self._make_room():
            self.transport, self._refused = transport, True
            transport.write(FULL)
            transport.close()
            return
        super().connection_made(transport)
        self.idle[self] = None
        self._expect("head", self.bounds.head)

    def connection_lost(self, exc: Exception | None) -> None:
        self.idle.pop(self, None)
        self._expect("", 0)
        if self._drain:
            self._drain.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)
            self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._drain = self.loop.call_later(self.bounds.reply, self.transport.abort)

    def resume_writing(self) -> None:
        if self._drain:
            self._drain.cancel()
        super().resume_writing()

    def _look(self) -> None:
        """See what is waited for now."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.idle.pop(self, None)
            self._expect("body" if self.cycle.more_body else "", self.bounds.body)
            return
        if self not in self.idle and not self.transport.is_closing():
            self.idle[self] = None
        begun = bool(self.conn.trailing_data[0])  # uvicorn itself ends a connection that says nothing more
        if begun or self.cycle is not None:
            self._expect("head" if begun else "", self.bounds.head)

    def _expect(self, phase: str, seconds: float) -> None:
        """Give what is waited for its time, counted from when that began."""
        if phase == self._phase:
            return
        self._phase = phase
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self._expire) if phase else None

    def _expire(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and (self.cycle is None or not self._begun()):
            headers = [("content-type", "text/plain"), ("content-length", str(len(TIMEOUT))), ("connection", "close")]
            for event in (h11.Response(status_code=408, headers=headers), h11.Data(data=TIMEOUT), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _begun(self) -> bool:
        return bool(self.cycle.response_started and not self.cycle.response_complete)

    def _make_room(self) -> bool:
        longest = next(iter(self.idle), None)
        if longest is None:
            return False
        del self.idle[longest]
        self.connections.discard(longest)
        longest.transport.abort()
        return True


class BroadServer(uvicorn.Server):
    """Takes many connections in a turn of the loop, so that who is refused hears of it at once."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        loop, config = asyncio.get_running_loop(), self.config

        def protocol() -> asyncio.Protocol:
            made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]
                config=config, server_state=self.server_state, app_state=self.lifespan.state
            )
            return made

        for bound in [each for server in self.servers for each in server.sockets]:
            for _ in range(LISTENERS - 1):
                own = socket.socket(fileno=os.dup(bound.fileno()))
                self.servers.append(await loop.create_server(protocol, sock=own, backlog=config.backlog))


def listen(
    app: object, host: str, port: int, log_level: str, settings: ConnectionSettings, proxies: Sequence[str] = ()
) -> None:
    """Serve an app until SIGTERM or SIGINT; what is being answered then is finished first."""
    most = min(settings.most, _descriptors() - RESERVE)

    class Protocol(BoundedProtocol):
        bounds = Bounds(settings.head_seconds, settings.body_seconds, settings.reply_seconds, max(most, 8))
        idle: ClassVar[dict[BoundedProtocol, None]] = {}

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=host,
        port=port,
        log_config=None,  # as all others are
        log_level=log_level if log_level != "debug" else None,
        http=Protocol,
        h11_max_incomplete_event_size=settings.head_kb * 1024,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )
    server = BroadServer(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(FAILED)


def _descriptors() -> int:
    """Take as many descriptors as the system gives; return how many are free."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return (65_536 if soft == resource.RLIM_INFINITY else soft) - len(list(Path("/dev/fd").iterdir()))
