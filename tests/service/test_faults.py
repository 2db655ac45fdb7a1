"""What was acknowledged survives whatever happens to the process or the disk, and nobody has to mend anything."""

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from benchmarks.faulty_llm import MODEL, FaultyLLM, faulty_llm
from benchmarks.loopback import serve as loopback
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import VllmSettings
from tests.support.paths import ROOT
from tests.support.redis import free_port
from tests.support.served import MANUAL, Served, until
from tests.support.sse import events
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.tiny_service import tiny_settings

pytestmark = pytest.mark.slow
QUESTION = "除垢多久做一次？"
WRITTEN = "除垢每三个月做一次。[1]"

Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    made: list[Served] = []

    def opened(folder: Path = tmp_path, **settings: str) -> Served:
        made.append(Served(folder, **settings))
        return made[-1]

    yield opened
    for each in made:
        each.close()


def another(number: int) -> str:
    """The question in other letters: one that nobody asked before, with the same answer."""
    return QUESTION + "？" * (number + 1)


def writer(llm: FaultyLLM) -> dict[str, str]:
    return {"WRITER": json.dumps({"kind": "vllm", "base_urls": [llm.url], "model": MODEL})}


def test_a_rating_that_was_acknowledged_survives_a_kill(serve: Serve) -> None:
    served, numbers, rated = serve(), count(), set[str]()

    def visit() -> None:
        with suppress(httpx.TransportError):  # the kill ends it
            while True:
                answer = served.ask(another(next(numbers)))
                if served.rate(answer["id"]) == 204:
                    rated.add(answer["id"])

    for wanted in (5, 25, 60):  # three kills, each in mid-write
        with ThreadPoolExecutor(4) as pool:
            visits = [pool.submit(visit) for _ in range(4)]
            until(lambda wanted=wanted: len(rated) >= wanted)  # type: ignore[misc]
            served.kill()
            for each in visits:
                each.result()
        with closing(sqlite3.connect(served.store)) as store:
            assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            kept = store.execute("SELECT id FROM answers JOIN feedback ON id = answer_id").fetchall()
        assert rated <= {each for (each,) in kept}
        served.start()
        assert served.ready()["status"] == "ready"
        assert served.rate(next(iter(rated))) == 204


def test_a_kill_in_mid_stream_leaves_nothing_half(serve: Serve) -> None:
    with faulty_llm(answer=WRITTEN * 2, size=1, pause=0.2) as llm:
        served = serve(**writer(llm))

        def read() -> None:
            body = {"question": QUESTION, "stream": True}
            with served.client.stream("POST", "/v1/ask", json=body) as reply:
                for chunk in reply.iter_text():
                    if "event: delta" in chunk:
                        served.kill()

        with pytest.raises(httpx.TransportError):
            read()
        llm.pause = 0.0
        served.start()
        again = served.ask(QUESTION)
        assert (again["generator"], again["degraded"]) == (f"vllm:{MODEL}", None)
        until(lambda: served.rate(again["id"]) == 204)
    with closing(sqlite3.connect(served.store)) as store:
        assert store.execute("SELECT count(*) FROM answers").fetchone() == (1,)
    assert llm.running == 0


def test_at_sigterm_open_streams_come_whole(serve: Serve) -> None:
    with faulty_llm(answer=WRITTEN, size=1, pause=0.8) as llm, ThreadPoolExecutor(8) as pool:
        served = serve(**writer(llm))
        begun: list[int] = []

        def read(number: int) -> str:
            body = {"question": another(number), "stream": True}
            with served.client.stream("POST", "/v1/ask", json=body) as reply:
                pieces = reply.raise_for_status().iter_text()
                first = next(pieces)
                begun.append(number)
                return first + "".join(pieces)

        streams = [pool.submit(read, number) for number in range(8)]
        until(lambda: any(each.done() and each.exception() for each in streams) or (len(begun) == 8 and llm.running))
        served.end()
        for stream in streams:
            assert [each.kind for each in events(stream.result())][-1] == "done"
    with closing(sqlite3.connect(served.store)) as store:
        assert store.execute("SELECT count(*) FROM answers").fetchone() == (8,)


class Disk:
    """A file system of a few megabytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._mount("-t", "tmpfs", "-o", "size=8m", "tmpfs")

    def mode(self, mode: str) -> None:
        self._mount("-o", f"remount,{mode}")

    def fill(self) -> None:
        with suppress(OSError), (self.folder / "filler").open("wb") as file:
            while True:
                file.write(b"x" * 4096)
                file.flush()

    def free(self) -> None:
        (self.folder / "filler").unlink()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=True)

    def _mount(self, *arguments: str) -> None:
        done = subprocess.run(["mount", *arguments, self.folder], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "disk")
    yield made
    made.close()


def test_a_disk_that_fills_up_ends_nothing(serve: Serve, disk: Disk) -> None:
    served = serve(STORE__PATH=str(disk.folder / "answers.sqlite"))
    before = served.ask(QUESTION)
    until(lambda: served.rate(before["id"]) == 204)
    disk.fill()
    during = [served.ask(another(number)) for number in range(40)]
    assert {each["status"] for each in during} == {"answered"}
    until(lambda: served.ready()["status"] == "degraded")
    assert "free some space" in served.ready()["reasons"][0]
    assert served.rate(during[-1]["id"]) == 503
    disk.free()
    until(lambda: served.ready()["status"] == "ready")
    assert {served.rate(each["id"]) for each in (before, *during)} == {204}


def test_a_disk_that_is_read_only_ends_nothing(serve: Serve, disk: Disk) -> None:
    served = serve(STORE__PATH=str(disk.folder / "answers.sqlite"))
    before = served.ask(QUESTION)
    until(lambda: served.rate(before["id"]) == 204)
    served.end()
    disk.mode("ro")
    served.start()
    during = served.ask(another(1))
    assert during["status"] == "answered"
    until(lambda: served.ready()["status"] == "degraded")
    assert "mount it so that it can be written" in served.ready()["reasons"][0]
    disk.mode("rw")
    until(lambda: served.ready()["status"] == "ready")
    assert {served.rate(each["id"]) for each in (before, during)} == {204}


def test_a_build_on_a_full_disk_leaves_what_serves(serve: Serve, disk: Disk) -> None:
    served = serve(disk.folder)
    version = served.ask(QUESTION)["index_version"]
    (disk.folder / "new").mkdir()
    (disk.folder / "new" / "manual.md").write_text(MANUAL * 200, "utf-8")
    disk.fill()
    command = [
        sys.executable,
        "-m",
        "tests.support.tiny_build",
        str(disk.folder / "new"),
        str(disk.folder / "made/index"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode != 0
    assert "No space left" in done.stderr
    threading.Event().wait(3)  # longer than it takes to look for another index
    assert served.ask(another(1))["index_version"] == version
    assert served.ready()["status"] in {"ready", "degraded"}
    disk.free()
    subprocess.run(command, check=True, cwd=ROOT)
    until(lambda: served.ask(another(2))["index_version"] != version)


def test_keys_that_cannot_be_written_end_the_start_and_say_so(serve: Serve, disk: Disk) -> None:
    """Nobody is let in or out by a record that cannot be kept."""
    served = serve(ACCESS__PATH=str(disk.folder / "access.sqlite"))
    served.end()
    disk.mode("ro")
    with pytest.raises(AssertionError, match="give the service's user the right to write there"):
        served.start()
    disk.mode("rw")
    served.start()
    assert served.ask(QUESTION)["status"] == "answered"


def test_the_language_model_goes_and_comes_back(tmp_path: Path) -> None:
    settings = tiny_settings(tmp_path, manual=MANUAL)
    llm, port = FaultyLLM(answer=WRITTEN), free_port()
    own = VllmSettings(kind="vllm", base_urls=[f"http://127.0.0.1:{port}/v1"], model=MODEL)
    service = Service(settings.model_copy(update={"writer": own}), TinyEmbedder())
    assert service.model.replicas
    (replica,) = service.model.replicas
    replica.breaker.reset_timeout = 0.2  # seconds that it is spared for; 15 in use
    with TestClient(create_app(service)) as client, ExitStack() as up:
        numbers = count()

        def ask() -> dict[str, Any]:
            reply = client.post("/v1/ask", json={"question": another(next(numbers))})
            return dict(reply.raise_for_status().json())

        up.enter_context(loopback(llm.app(), port))
        assert ask()["generator"] == f"vllm:{MODEL}"
        up.close()
        away = [ask() for _ in range(5)]
        assert {each["status"] for each in away} == {"answered"}
        assert {(each["generator"], *each["degraded_codes"]) for each in away} == {("extractive", "writer_unreachable")}
        with loopback(llm.app(), port):
            until(lambda: ask()["generator"] == f"vllm:{MODEL}")
            assert ask()["degraded"] is None
