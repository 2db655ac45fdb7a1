"""Jobs change the documents and the index together, or neither, whether a file or PostgreSQL holds the queue."""

import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.database import Postgres
from ingest.build import build_index
from ingest.index.versions import Versions
from ingest.jobs import work as working
from ingest.jobs.folder import STAGED, Folder, document_name
from ingest.jobs.queue import Job, Jobs, JobsError
from ingest.settings import IngestSettings
from tests.support.paths import ROOT
from tests.support.postgres import postgres
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.uploads import settings_of, work

__all__ = ["postgres"]


class Desk:
    """Uploads and removes as the routes do."""

    def __init__(self, folder: Path, **uploads: object) -> None:
        self.settings = settings_of(folder, **uploads)
        self.root = folder / "documents"
        self.jobs, self.folder = working.open_jobs(self.root, self.settings.uploads), Folder(self.root)

    def upload(self, **files: str | bytes) -> Job:
        id = f"j-{len(self.jobs.listed())}"
        for name, text in files.items():
            path = self.folder.staged(id) / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        names = [p.relative_to(self.folder.staged(id)).as_posix() for p in self.folder.staged(id).rglob("*.*")]
        return self.jobs.add("upload", "t", names, id)

    def done(self, job: Job, embedder: TinyEmbedder | None = None) -> Job:
        work(self.settings, embedder)
        return self.jobs.job(job.id)

    def documents(self) -> dict[str, str]:
        return dict(Versions(self.settings.index).open().documents)


@pytest.fixture(params=["file", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    url = None if request.param == "file" else request.getfixturevalue("postgres").database()
    desk = Desk(tmp_path, url=url)
    yield desk
    desk.jobs.close()


def states(job: Job) -> dict[str, str]:
    return {each.name: each.state for each in job.files}


def test_files_are_uploaded_replaced_and_removed(desk: Desk) -> None:
    job = desk.done(desk.upload(hr__leave_md="# Leave\n\nTwenty days.\n", 手册_md="# 手册\n\n每周一次。\n"))
    assert (job.state, job.error) == ("done", "")
    assert states(job) == {"hr/leave.md": "indexed", "手册.md": "indexed"}
    assert all(each.passages == 1 for each in job.files)
    assert set(desk.documents()) == {"own.md", "hr/leave.md", "手册.md"}
    assert job.version == Versions(desk.settings.index).current()
    tiny = TinyEmbedder()
    job = desk.done(desk.upload(hr__leave_md="# Leave\n\nThirty days.\n", 手册_md="# 手册\n\n每周一次。\n"), tiny)
    assert states(job) == {"hr/leave.md": "indexed", "手册.md": "unchanged"}
    assert any("Thirty days" in text for text in tiny.embedded)
    assert not any("每周" in text for text in tiny.embedded)  # the same text keeps its vectors
    assert "Thirty" in desk.documents()["hr/leave.md"]
    job = desk.done(desk.jobs.add("remove", "t", ["hr/leave.md", "never.md"]))
    assert states(job) == {"hr/leave.md": "removed", "never.md": "unchanged"}
    assert set(desk.documents()) == {"own.md", "手册.md"}
    assert not list((desk.root / STAGED).glob("*"))


def test_one_bad_file_stops_no_other_and_replaces_nothing(desk: Desk) -> None:
    desk.done(desk.upload(a_md="# A\n\nGood.\n"))
    job = desk.done(desk.upload(a_md="", b_pdf=b"no pdf", c_md="# C\n\nGood too.\n", d_exe="MZ", own_md="x"))
    assert job.state == "done"
    assert {name for name, state in states(job).items() if state == "refused"} == {"a.md", "b.pdf", "d.exe"}
    assert {each.name: each.reason for each in job.files}["a.md"] == "empty"
    assert "Good." in desk.documents()["a.md"]
    assert "Good too." in desk.documents()["c.md"]
    job = desk.done(desk.upload(e_md="", f_pdf=b"no"))
    assert (job.state, job.error) == ("failed", "none of its files can be read")
    assert set(states(job).values()) == {"refused"}


def test_an_archive_is_its_files_and_copies_are_named(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.md", "# One\n\nText.\n")
        archive.writestr("two.md", "# One\n\nText.\n")
        archive.writestr("bad.pdf", "no")
    job = desk.done(desk.upload(more_zip=path.read_bytes()))
    assert states(job) == {"more/one.md": "indexed", "more/two.md": "duplicate", "more/bad.pdf": "refused"}
    job = desk.done(desk.jobs.add("remove", "t", ["more/one.md"]))
    assert set(desk.documents()) == {"own.md", "more/two.md"}


def test_a_cancelled_job_changes_nothing_and_can_be_tried_again(desk: Desk) -> None:
    desk.done(desk.upload(a_md="# A\n\nOld.\n"))
    job = desk.upload(a_md="# A\n\nNew.\n")
    assert desk.jobs.stop(job.id).state == "cancelled"
    with pytest.raises(JobsError, match="has ended"):
        desk.jobs.stop(job.id)
    assert "Old" in desk.documents()["a.md"]
    desk.jobs.retry(job.id)
    assert desk.done(job).state == "done"
    assert "New" in desk.documents()["a.md"]
    with pytest.raises(JobsError, match="is done; only"):
        desk.jobs.retry(job.id)
    with pytest.raises(JobsError, match="there is no job"):
        desk.jobs.job("j-x")


def test_a_running_job_ends_at_its_next_step(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = desk.upload(a_md="# A\n\nText.\n")
    real = build_index

    def stopped(*arguments: object, **options: object) -> object:
        desk.jobs.stop(job.id)
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("ingest.indexing.build_index", stopped)
    job = desk.done(job)
    assert job.state == "cancelled"
    assert desk.folder.names() == {}
    assert Versions(desk.settings.index).current() is None


def test_limits_of_a_job(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    late = Desk(tmp_path / "a", job_seconds=1e-9)
    job = late.done(late.upload(a_md="# A\n\nText.\n"))
    assert job.state == "failed"
    assert job.error.startswith("it took longer than 1e-09 s; raise uploads.job_seconds")
    (tmp_path / "b").mkdir()
    small = Desk(tmp_path / "b", file_mb=1)
    job = small.done(small.upload(a_md="# A\n\n" + "text " * 300_000, b_md="# B\n\nText.\n"))
    assert states(job) == {"a.md": "refused", "b.md": "indexed"}


def test_a_killed_worker_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.done(desk.upload(a_md="# A\n\nOld.\n"))
    job = desk.upload(a_md="# A\n\nNew.\n")
    url = desk.settings.uploads.url
    command = [sys.executable, "-m", "tests.support.uploads", str(tmp_path), *([url.get_secret_value()] if url else [])]
    worker = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    until = time.monotonic() + 60
    while desk.jobs.job(job.id).stage != "chunk" and time.monotonic() < until:
        time.sleep(0.02)
    worker.kill()
    worker.wait()
    assert desk.jobs.job(job.id).state == "running"
    assert "Old" in desk.documents()["a.md"]
    assert desk.done(job).state == "done"
    assert "New" in desk.documents()["a.md"]
    assert desk.jobs.job(job.id).tries == 2


def test_a_job_that_kills_its_process_fails_in_the_end(desk: Desk) -> None:
    job = desk.upload(a_md="# A\n\nText.\n")
    for _ in range(3):
        assert desk.jobs.take()
        desk.jobs.recover()
    assert desk.jobs.job(job.id).state == "failed"
    assert desk.jobs.take() is None


def test_a_kill_between_publishing_and_taking_the_folder_is_made_good(desk: Desk) -> None:
    desk.done(desk.upload(a_md="# A\n\nText.\n"))
    desk.folder.documents.rename(desk.root / "before")
    desk.folder.recover()
    assert set(desk.folder.names()) == {"a.md"}


def test_a_refresh_waits_once(desk: Desk) -> None:
    first = desk.jobs.add("refresh", "folder", ())
    assert desk.jobs.add("refresh", "folder", ()).id == first.id
    (desk.settings.index.parent / "corpus/more.md").write_text("# More\n\nText.\n", "utf-8")
    assert desk.done(first).state == "done"
    assert "more.md" in desk.documents()


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../a.md", "a/../../b.md", ".env", "a/.git/b.md", "x" * 300])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        document_name(name)


def test_names_are_made_safe() -> None:
    assert document_name("hr\\leave?.md") == "hr_leave_.md"
    assert document_name("手册/一.md") == "手册/一.md"


def test_nothing_is_done_without_a_folder(tmp_path: Path) -> None:
    settings: IngestSettings = settings_of(tmp_path).with_corpus([tmp_path])
    work(settings)
    assert not (tmp_path / "documents").exists()


def test_one_of_those_that_share_a_server_does_the_jobs(postgres: Postgres, tmp_path: Path) -> None:
    """Each has a folder of its own here, so nothing but the server keeps them apart."""
    url = postgres.database()
    one, other = (Jobs(tmp_path / name, url) for name in ("one", "other"))
    with closing(one), closing(other):
        one.add("refresh", "t", ())
        with one.alone() as first, other.alone() as second:
            assert (first, second) == (True, False)
        with other.alone() as third:
            assert third
            assert other.take()
        assert one.take() is None
        assert one.unfinished()


def test_jobs_added_at_once_stand_in_one_line(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.database()
    with closing(Jobs(tmp_path, url)) as jobs, ThreadPoolExecutor(4) as pool:
        added = list(pool.map(lambda n: jobs.add("upload", "t", [f"{n}.md"]), range(20)))
        assert sorted(job.number for job in added) == [*range(1, 21)]
        taken = list(pool.map(lambda _: jobs.take(), range(24)))
    assert sorted(job.number for job in taken if job) == [*range(1, 21)]


def test_a_server_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(JobsError, match="OUTLINE_QA_UPLOADS__URL") as failed:
        Jobs(tmp_path, "postgresql://qa:s3cret@127.0.0.1:9/x")
    assert "s3cret" not in str(failed.value)
