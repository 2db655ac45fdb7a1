"""Read files in a process of their own, which is ended where it takes longer or more than it may."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any, Self

from ingest.read import landlock
from ingest.read.child import receive, send
from ingest.read.reading import Limits, Reading, UnfitError

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]


class Sandbox:
    """One child, started when it is first needed and anew after one that had to be ended."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._child: subprocess.Popen[bytes] | None = None
        self._over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def kill(self) -> None:
        """End what is being read, and read no more; who waits for it in another thread gets an UnfitError."""
        self._over = True
        if child := self._child:
            child.kill()

    def close(self) -> None:
        if self._child:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def read(self, kind: str, raw: bytes, name: str) -> Reading:
        """Return what the reader of a kind makes of it; raises UnfitError, also for what breaks the process."""
        child = self._child or self._start()
        if self._over:
            self.close()
            raise UnfitError("reading was ended")
        assert child.stdin
        assert child.stdout
        late: list[bool] = []

        def end() -> None:
            late.append(True)
            child.kill()

        timer = Timer(self.limits.seconds, end)
        timer.start()
        try:
            send(child.stdin, {"kind": kind, "name": name, "limits": asdict(self.limits)}, raw)
            message = receive(child.stdout)
        except (BrokenPipeError, ValueError):
            message = None
        finally:
            timer.cancel()
        if message is None:
            self.close()
            if late:
                raise UnfitError(f"took longer than {self.limits.seconds:g} s; raise reading.seconds, or split it")
            raise UnfitError("its parser broke down: damaged, or it needs more memory than reading.memory_mb")
        return _reading(message[0])

    def _start(self) -> subprocess.Popen[bytes]:
        log.debug("Landlock keeps parsers from files and connections: ABI %d of the kernel, 0 for none", landlock.abi())
        self._child = subprocess.Popen(
            [sys.executable, "-m", "ingest.read.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8"},  # and no secrets
            cwd=ROOT,
        )
        return self._child


def _reading(answer: dict[str, Any]) -> Reading:
    if reason := answer.get("unfit"):
        raise UnfitError(reason)
    return Reading.from_json(answer)
