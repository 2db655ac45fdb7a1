"""The service in a process of its own, over a tiny index, to be killed, ended and started again."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.support.paths import ROOT
from tests.support.redis import free_port
from tests.support.tiny_index import index

SECONDS = 90  # to start in
MANUAL = "# 保养\n\n除垢每三个月做一次。\n\n# 水箱\n\n水箱的水每天换一次。\n"


class Served:
    """Keeps its files in a folder; `settings` are variables without their prefix."""

    def __init__(self, folder: Path, **settings: str) -> None:
        (folder / "made").mkdir()
        index(folder / "made", manual=MANUAL)
        self.store, self._port = folder / "store" / "answers.sqlite", free_port()
        own = {
            "INDEX": str(folder / "made" / "index"),
            "RERANK": '{"kind": "none"}',
            "STORE__PATH": str(self.store),
            "ACCESS__PATH": str(folder / "access.sqlite"),
            "ANSWER__WAIT_SECONDS": "60",  # how fast this machine is, is not what is asked
            **settings,
        }
        self._environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self._environment |= {f"OUTLINE_QA_{name}": value for name, value in own.items()}
        self._folder, self.url = folder, f"http://127.0.0.1:{self._port}"
        self.client = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.support.replica", str(self._port)]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self._folder, env=self._environment, stderr=log)
        until(lambda: self.process.poll() is not None or self.answers())
        assert self.process.poll() is None, self.log

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text("utf-8", "replace")

    def answers(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def ready(self) -> dict[str, Any]:
        return dict(self.client.get("/readyz").json())

    def ask(self, question: str) -> dict[str, Any]:
        return dict(self.client.post("/v1/ask", json={"question": question}).raise_for_status().json())

    def rate(self, answer_id: str) -> int:
        return self.client.post("/v1/feedback", json={"answer_id": answer_id, "rating": "up"}).status_code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Send SIGTERM, and wait until it has ended."""
        self.process.terminate()
        self.process.wait(60)

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.kill()


def until(holds: Callable[[], object], seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
