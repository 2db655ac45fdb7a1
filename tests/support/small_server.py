"""An app as small as can be behind the service's own connections, in a process of its own: what is tested is these."""

import asyncio
import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from service.connections import listen
from service.settings import ConnectionSettings
from tests.support.paths import ROOT

EVENTS = 12


async def _echo(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())}")


async def _events(request: Request) -> Response:
    async def told() -> AsyncIterator[str]:
        for number in range(EVENTS):
            await asyncio.sleep(0.2)
            yield str(number)

    return EventSourceResponse(told(), shutdown_grace_period=25)


async def _big(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(400):
            yield b"x" * 65_536

    return StreamingResponse(pieces())


APP = Starlette(routes=[Route("/echo", _echo, methods=["GET", "POST"]), Route("/events", _events), Route("/big", _big)])


class SmallServer:
    """Runs until it is left; `limit` is that of its descriptors."""

    def __init__(self, limit: int = 1024, **settings: Any) -> None:
        self._command = [sys.executable, "-m", "tests.support.small_server", json.dumps(settings)]
        self._limit = f'ulimit -n {limit}; exec "$@"'

    def __enter__(self) -> "SmallServer":
        command = ["sh", "-c", self._limit, "sh", *self._command]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert self.process.stderr
        for line in self.process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def send(self, text: str) -> socket.socket:
        """Open a connection and send something on it."""
        opened = self.connect()
        opened.sendall(text.encode())
        return opened

    def get(self, path: str = "/echo") -> str:
        with self.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as opened:
            return rest(opened)

    def stop(self) -> float:
        """Send SIGTERM; return how many seconds it took to end."""
        began = time.monotonic()
        self.process.terminate()
        self.process.communicate(timeout=60)
        return time.monotonic() - began


def rest(opened: socket.socket) -> str:
    """All that still comes on a connection."""
    pieces = []
    try:
        while piece := opened.recv(1 << 20):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces).decode("utf-8", "replace")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)  # the port is read from it
    listen(APP, "127.0.0.1", 0, "info", ConnectionSettings(**json.loads(sys.argv[1])))
