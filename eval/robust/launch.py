"""A service of our own over other documents, as a process on loopback that ends with the block that started it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

PREFIX = "OUTLINE_QA_"
COMMAND = (sys.executable, "-m", "service")
WAIT = 3600.0  # seconds for the index; about 70 for the outline on 2 cores
STOP = 10.0  # seconds to stop by itself


class LaunchError(Exception):
    """The service did not start; what it said stands above, on standard error."""


@contextmanager
def serving(
    documents: Sequence[Path], folder: Path, command: Sequence[str] = COMMAND, wait: float = WAIT
) -> Iterator[str]:
    """Serve the documents with an index and a store in `folder`; yield the address once it is ready.

    It has the other settings of this environment, and writes to our standard error. Raises LaunchError.
    """
    port = _free_port()
    folder.mkdir(parents=True, exist_ok=True)
    with _ended_by_signal():
        process = subprocess.Popen(
            command, env=environment(documents, folder, port), stdin=subprocess.DEVNULL, stdout=2
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _await_ready(url, process.poll, wait)
            yield url
        finally:
            _stop(process)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let the signal that stops a container end the block as an exception does: Python would skip its `finally`."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def environment(documents: Sequence[Path], folder: Path, port: int) -> dict[str, str]:
    """Return this environment with the settings of a service of our own; docs/settings.md lists them."""
    ours = {
        "CORPUS": json.dumps([str(path.resolve()) for path in documents], ensure_ascii=False),
        "INDEX": str(folder.resolve() / "index"),
        "STORE__PATH": str(folder.resolve() / "store.sqlite"),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "warning",
    }
    named = {PREFIX + name: value for name, value in ours.items()}
    # Names of settings are read whatever their case: another spelling would come on top.
    return {name: value for name, value in os.environ.items() if name.upper() not in named} | named


def passages(folder: Path) -> int:
    """Return how many passages the current index in `folder` has; raises LaunchError when it cannot be read."""
    index = folder / "index"
    try:
        version = (index / "current").read_text("utf-8").strip()
        return int(json.loads((index / "versions" / version / "manifest.json").read_text("utf-8"))["counts"]["chunks"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LaunchError(f"cannot read what the index in {str(index)!r} holds: {error}") from error


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _await_ready(url: str, poll: Callable[[], int | None], wait: float) -> None:
    until = time.monotonic() + wait
    with httpx.Client(trust_env=False, timeout=5) as http:
        while time.monotonic() < until:
            if (status := poll()) is not None:
                raise LaunchError(f"the service ended with {status} before it was ready; it says why above")
            try:
                if http.get(f"{url}/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                pass  # not listening yet: it builds its index first
            time.sleep(0.3)
    raise LaunchError(f"the service at {url} was not ready after {wait:.0f} s")
