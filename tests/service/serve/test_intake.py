"""A watched folder keeps the index as it is, by a real worker in a process of its own, which a test kills."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ingest.index.snapshot import SnapshotError
from ingest.index.versions import Versions
from ingest.jobs.queue import Job
from ingest.settings import UploadSettings
from service.serve import intake as module
from service.serve.intake import Intake, open_intake
from tests.support.paths import ROOT

PATIENCE = 240.0  # seconds: other work may run on the machine


@dataclass
class Watched:
    """A corpus with an intake that watches it, on an event loop of its own."""

    corpus: Path
    versions: Versions
    intake: Intake

    def write(self, name: str, text: str | bytes) -> None:
        (self.corpus / name).write_bytes(text.encode() if isinstance(text, str) else text)

    def documents(self) -> dict[str, str]:
        try:
            return dict(self.versions.open().documents)
        except SnapshotError:
            return {}

    def report(self) -> dict[str, str]:
        version = self.versions.current()
        assert version
        told = json.loads((self.versions.folder(version) / "report.json").read_text("utf-8"))
        return {each["name"]: each["reason"] for each in told["skipped"]}

    def newest(self) -> Job:
        return self.intake.jobs.listed()[0]


@pytest.fixture(scope="module")
def watched(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    (folder / "corpus").mkdir()
    uploads = UploadSettings(path=folder / "uploads", watch=True)
    own = {
        "corpus": json.dumps([str(folder / "corpus")]),
        "index": str(folder / "index"),
        "models": str(model_folder.parent),
        "pack": "none",
        "uploads__path": str(folder / "uploads"),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(f"OUTLINE_QA_{name.upper()}", value)
        patch.setattr(module, "PAUSE", 0.1)
        patch.chdir(ROOT)
        intake = open_intake(uploads, [folder / "corpus"])
        assert intake
        with Running(intake):
            yield Watched(folder / "corpus", Versions(folder / "index"), intake)


class Running:
    """Run an intake beside the test."""

    def __init__(self, intake: Intake) -> None:
        self._intake, self._loop = intake, asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        self._task = self._loop.create_task(self._intake.run())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()

    def __enter__(self) -> None:
        self._thread.start()
        time.sleep(1)  # the folder is looked at from here on

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(30)


def until(watched: Watched, holds: Callable[[], bool], pause: float = 0.1) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, watched.intake.jobs.listed()
        time.sleep(pause)


@pytest.mark.slow
def test_changes_are_taken_up_and_a_bad_file_stops_no_other(watched: Watched) -> None:
    watched.write("a.md", "# A\n\nThe door is green.\n")
    watched.write("b.md", "# B\n\nThe window is red.\n")
    watched.write("bad.pdf", b"%PDF-1.7 no more than its first line")
    until(watched, lambda: {"a.md", "b.md"} <= watched.documents().keys())
    assert set(watched.documents()) == {"a.md", "b.md"}
    assert "bad.pdf" in watched.report()
    watched.write("a.md", "# A\n\nThe door is blue.\n")
    watched.write("c.md", "# C\n\nThe roof is black.\n")
    (watched.corpus / "b.md").unlink()
    until(watched, lambda: set(watched.documents()) == {"a.md", "c.md"})
    assert "blue" in watched.documents()["a.md"]
    assert watched.newest().who == "folder"


@pytest.mark.slow
def test_a_killed_worker_is_begun_again(watched: Watched) -> None:
    until(watched, lambda: watched.newest().state == "done")
    before = watched.newest().number
    watched.write("d.md", "# D\n\n" + "".join(f"The step {n} leads to {n * n}.\n\n" for n in range(80)))
    until(watched, lambda: watched.newest().number > before and watched.newest().state == "running", 0.01)
    assert killed(), "the job was done before its worker could be killed"
    until(watched, lambda: "d.md" in watched.documents())
    until(watched, lambda: watched.newest().state == "done")
    assert max(job.tries for job in watched.intake.jobs.listed() if job.number > before) == 2


def killed() -> int:
    """Kill the workers that this process started; returns how many."""
    workers = [child for child in psutil.Process().children() if "work" in child.cmdline()]
    for worker in workers:
        worker.kill()
    return len(workers)
