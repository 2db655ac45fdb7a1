"""A child process in a group of its own, which ends with all that it started."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

_PR_SET_PDEATHSIG = 1
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Child:
    """A started process; its group is not the terminal's, so that Ctrl-C reaches it only through `stop`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes] | None = None) -> None:
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None

        def die_with_parent() -> None:
            # A parent that is killed outright cannot stop anyone.
            if libc is not None:
                libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

        self.process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log and subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    def code(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self.process.poll()

    def stop(self, patience: float = 8) -> None:
        """Ask the process to end, wait, and kill what is left of its group."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + patience
        while self.code() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        # Children of its own may need a moment more after the leader has gone.
        while self._signal(0) and time.monotonic() < deadline:
            time.sleep(0.05)
        gone = time.monotonic() + 2
        while self._signal(signal.SIGKILL) and time.monotonic() < gone:
            time.sleep(0.05)
        self.process.wait()

    def _signal(self, number: int) -> bool:
        """Signal the whole group; False when nobody is left in it."""
        self.code()  # reaps the leader, which would otherwise keep the group alive as a zombie
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return False
        return True


class StoppedError(Exception):
    """Somebody asked this process to end."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into StoppedError, once; further ones do not disturb the stopping."""

    def stop(number: int, _: FrameType | None) -> None:
        for each in _STOPS:
            signal.signal(each, signal.SIG_IGN)
        raise StoppedError(signal.Signals(number).name)

    before = {each: signal.signal(each, stop) for each in _STOPS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
