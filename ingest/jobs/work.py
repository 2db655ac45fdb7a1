"""`python -m ingest work`: do the jobs that wait, one after the other, and end when none has come for a while."""

from __future__ import annotations

import fcntl
import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ingest import bootstrap
from ingest.build import BuildError, Outcome
from ingest.index.snapshot import SnapshotError
from ingest.index.versions import BusyError
from ingest.indexing import MADE, index_documents
from ingest.jobs.folder import STAGED, Folder, document_name
from ingest.jobs.queue import Job, JobFile, Jobs
from ingest.memo import Memo
from ingest.models.embedder import Embedder
from ingest.models.offline import ModelUnavailableError
from ingest.read.content import read_content
from ingest.read.reading import Reading, Skipped, UnfitError
from ingest.read.readings import Readings
from ingest.read.sandboxes import Sandboxes
from ingest.read.walk import Item, items_of
from ingest.settings import IngestSettings, UploadSettings
from ingest.sources.source import FetchError

log = logging.getLogger(__name__)
JOBS, LOCK, UNPACKED = "jobs.sqlite", ".lock", "unpacked"
POLL, BUSY, TELL = 0.3, 1.0, 0.2  # seconds between looks for a job, for the end of another build, and notes of progress


class JobStoppedError(Exception):
    """A job that somebody cancelled, or that took too long."""


@dataclass
class _Notes:
    """Writes down how far a job is, and raises JobStoppedError where it is not to go on."""

    jobs: Jobs
    job: Job
    seconds: float
    began: float = field(default_factory=time.monotonic)
    last: float = 0
    stage: str = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage == self.stage and done < total and now - self.last < TELL:
            return
        self.last, self.stage = now, stage
        if self.jobs.progress(self.job.id, stage, done, total):
            raise JobStoppedError
        if now - self.began > self.seconds:
            raise JobStoppedError(f"it took longer than {self.seconds:g} s; raise uploads.job_seconds, or split it")


@dataclass
class _Checked:
    """What of an upload can be read: the files by name, and what is said of each."""

    files: dict[str, Path] = field(default_factory=dict)
    told: dict[str, JobFile] = field(default_factory=dict)

    def refuse(self, name: str, reason: str) -> None:
        self.told[name] = JobFile(name, "refused", reason)


def work_off(settings: IngestSettings, load: Callable[[], Embedder], idle: float) -> None:
    """Do all jobs; end after `idle` seconds without one, or at once where another process is at it."""
    root = settings.uploads.path
    if root is None:
        return
    root.mkdir(parents=True, exist_ok=True)
    with (root / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        jobs = open_jobs(root, settings.uploads)
        with jobs.alone() as alone:
            if alone:
                _all(jobs, Folder(root), settings, load, idle)
        jobs.close()


def open_jobs(root: Path, own: UploadSettings) -> Jobs:
    """Open the queue, beside the documents or on a server; raises JobsError, ValueError for a wrong address."""
    return Jobs(root / JOBS, own.url.get_secret_value() if own.url else None)


def _all(jobs: Jobs, folder: Folder, settings: IngestSettings, load: Callable[[], Embedder], idle: float) -> None:
    """Do what waits, and what a killed process left, until `idle` seconds have gone without a job."""
    jobs.recover()
    for leftover in (folder.root / STAGED).glob("*"):
        if not jobs.known(leftover.name) and time.time() - leftover.stat().st_mtime > settings.uploads.job_seconds:
            shutil.rmtree(leftover, ignore_errors=True)
    embedder: Embedder | None = None
    rest = time.monotonic() + idle
    while time.monotonic() < rest:
        job = jobs.take()
        if job is None:
            time.sleep(POLL)
            continue
        embedder = embedder or load()
        do(job, jobs, folder, settings, embedder)
        rest = time.monotonic() + idle


def do(job: Job, jobs: Jobs, folder: Folder, settings: IngestSettings, embedder: Embedder) -> None:
    """Do one job and write down how it went; whatever goes wrong, the documents and the index are as they were."""
    notes = _Notes(jobs, job, settings.uploads.job_seconds)
    checked = _Checked()
    try:
        if job.kind == "upload":
            _check(checked, folder.staged(job.id), settings, notes)
            if not checked.files:
                jobs.end(job.id, "failed", list(checked.told.values()), "none of its files can be read")
                return
        removed = [each.name for each in job.files] if job.kind == "remove" else []
        before = folder.names()
        new = folder.prepare(checked.files, removed)
        if sum(path.stat().st_size for path in new.rglob("*") if path.is_file()) > settings.uploads.total_mb << 20:
            raise BuildError(f"all documents would take more than {settings.uploads.total_mb:,} MB: uploads.total_mb")
        outcome = _built(settings, embedder, notes, new, again=job.kind == "refresh")
        same = {name for name in checked.files if name in before and _equal(folder.documents / name, new / name)}
        folder.take(new)
    except JobStoppedError as error:
        folder.recover()
        jobs.end(job.id, "failed" if str(error) else "cancelled", job.files, str(error))
    except (BuildError, FetchError, SnapshotError, ModelUnavailableError, OSError, ValueError) as error:
        folder.recover()
        jobs.end(job.id, "failed", [*checked.told.values()] or job.files, str(error))
    except Exception:  # the outermost layer of the job: the next one goes on
        log.exception("job %s failed", job.id)
        folder.recover()
        jobs.end(job.id, "failed", job.files, "it failed unexpectedly; the log says where")
    else:
        files = [_after(each, outcome, each.name in same) for each in checked.told.values()]
        files += [JobFile(name, "removed" if name in before else "unchanged") for name in removed]
        jobs.end(job.id, "done", files, "; ".join(_stale(outcome)), outcome.manifest.version)
        folder.drop(job.id)


def _check(checked: _Checked, staged: Path, settings: IngestSettings, notes: _Notes) -> None:
    """Read each file of an upload as the build will, archives by their members; what cannot be read is refused."""
    skipped: list[Skipped] = []
    limits = bootstrap.limits(settings.reading)
    items = list(items_of(staged, skipped, limits.unpacked_mb))
    for skip in skipped:
        checked.refuse(skip.name, skip.reason)
    with Sandboxes(limits) as sandboxes:
        parser = Readings(sandboxes, Memo(settings.index / MADE))

        def load(item: Item) -> tuple[str, bytes, Reading]:
            name, raw = document_name(item.name), item.raw(settings.uploads.file_mb << 20)
            return name, raw, read_content(raw, name, parser)

        for done, (item, loaded) in enumerate(sandboxes.ahead(load, items), 1):
            notes("check", done, len(items))
            try:
                name, raw, reading = loaded.result()
            except (UnfitError, ValueError) as error:
                checked.refuse(item.name, str(error))
            except OSError as error:
                checked.refuse(item.name, f"cannot be read: {error.strerror}")
            else:
                checked.files[name] = _unpacked(item, raw, staged.parent / f"{staged.name}.{UNPACKED}", name)
                checked.told[name] = JobFile(name, warnings=reading.warnings)


def _unpacked(item: Item, raw: bytes, folder: Path, name: str) -> Path:
    """Return where a file lies, a member of an archive once it is written."""
    if not item.archive:
        return item.path
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def _built(settings: IngestSettings, embedder: Embedder, notes: _Notes, new: Path, again: bool) -> Outcome:
    """Build with the next folder, after whatever else is being built."""
    while True:
        try:
            return index_documents(settings, embedder, notes, again=again, uploads=new)
        except BusyError:
            notes("wait", 0, 0)
            time.sleep(BUSY)


def _after(file: JobFile, outcome: Outcome, same: bool) -> JobFile:
    """Say what became of a file that could be read."""
    if file.state == "refused":
        return file
    report = outcome.report
    passages = outcome.passages.get(file.name, 0)
    own = (
        *file.warnings,
        *(each[len(file.name) + 2 :] for each in outcome.warnings if each.startswith(f"{file.name}: ")),
    )
    warnings = tuple(dict.fromkeys(own))
    if reason := next((skip.reason for skip in report.skipped if skip.name == file.name), ""):
        return JobFile(file.name, "refused", reason)
    if of := next((alias.of for alias in report.aliases if alias.name == file.name), ""):
        return JobFile(file.name, "duplicate", f"says the same as {of}", passages, warnings)
    if not passages:
        return JobFile(file.name, "indexed", "no passages: headings or metadata alone", 0, warnings)
    return JobFile(file.name, "unchanged" if same else "indexed", "", passages, warnings)


def _stale(outcome: Outcome) -> list[str]:
    return [warning for warning in outcome.warnings if warning.endswith("what was fetched before is used")]


def _equal(one: Path, other: Path) -> bool:
    return one.is_file() and one.read_bytes() == other.read_bytes()
