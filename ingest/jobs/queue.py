"""Jobs that change what is indexed, in one file or on a server: what waits, how far it is, what it did to each file."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

from ingest.shared.opening import open_tables
from ingest.shared.tables import Design, Row, Session, TablesError, Values

Kind = Literal["upload", "remove", "refresh"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]
FileState = Literal["waiting", "indexed", "unchanged", "duplicate", "refused", "removed"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
TRIES = 3  # times that a job is begun whose process is killed
KEPT = 1000  # jobs that have ended
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, who TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN {get_args(State)!r}), created REAL NOT NULL, started REAL, ended REAL,
    stage TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0, stopping INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL DEFAULT '', files TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
"""
DESIGN = Design("jobs_version", "uploads.url", SCHEMA, Path(__file__).parent / "versions", patience=10)


class JobsError(Exception):
    """The jobs cannot be used, or a job is not as an act needs it; the text says what to do."""


@dataclass(frozen=True, slots=True)
class JobFile:
    """What a job does to one file: `reason` says why it was refused, or what of it was left out."""

    name: str
    state: FileState = "waiting"
    reason: str = ""
    passages: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Times are seconds since 1970; `done` of `total` is of the `stage` that it is in."""

    number: int
    id: str
    kind: Kind
    who: str
    state: State
    created: float
    started: float | None
    ended: float | None
    stage: str
    done: int
    total: int
    tries: int
    stopping: bool
    error: str
    version: str
    files: tuple[JobFile, ...]


COLUMNS = ", ".join(each.name for each in fields(Job))


class Jobs:
    """Opens or makes the file, or the tables on a server; threads, processes and replicas may share it."""

    def __init__(self, path: Path, url: str | None = None) -> None:
        """Raises JobsError where it cannot be opened, ValueError for an address that is not PostgreSQL's."""
        try:
            self._tables = open_tables(path, url, DESIGN)
        except TablesError as error:
            remedy = (
                "give the service's user the right to write there, or set OUTLINE_QA_UPLOADS__PATH to another folder"
                if url is None
                else "start it, or correct OUTLINE_QA_UPLOADS__URL"
            )
            name = repr(str(path)) if url is None else "PostgreSQL"
            raise JobsError(f"the jobs in {name} cannot be opened: {error}; {remedy}") from error

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        try:
            with self._tables.writing() as session:
                yield session
        except TablesError as error:
            raise JobsError(f"{self._tables.name} cannot be written: {error}; nothing was changed") from error

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Be who does the jobs, of all that share them; say whether it is so. Raises JobsError."""
        try:
            with self._tables.alone() as alone:
                yield alone
        except TablesError as error:
            raise JobsError(f"{self._tables.name} cannot be used: {error}") from error

    def add(self, kind: Kind, who: str, names: Sequence[str], id: str = "") -> Job:
        """Add a job behind all others; a refresh that waits already is returned instead of a second one."""
        with self._writing() as session:
            if kind == "refresh":
                rows = session.execute("SELECT id FROM jobs WHERE kind = 'refresh' AND state = 'waiting'")
                if rows:
                    return _one(session, str(rows[0][0]))
            id = id or new_id()
            session.execute(
                "INSERT INTO jobs (number, id, kind, who, state, created, files) VALUES "
                "((SELECT coalesce(max(number), 0) + 1 FROM jobs), :id, :kind, :who, 'waiting', :now, :files)",
                {"id": id, "kind": kind, "who": who, "now": time.time(), "files": _json([*map(JobFile, names)])},
            )
            session.execute(
                "DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND number <= "
                "(SELECT max(number) FROM jobs) - :kept",
                {"kept": KEPT},
            )
            return _one(session, id)

    def job(self, id: str) -> Job:
        """Return a job; raises JobsError where there is none."""
        with self._reading() as session:
            return _one(session, id)

    def listed(self, most: int = 100) -> list[Job]:
        """Return jobs, the newest first."""
        with self._reading() as session:
            return _jobs(session, "ORDER BY number DESC LIMIT :most", {"most": most})

    def known(self, id: str) -> bool:
        """Whether there is a job of this id."""
        with self._reading() as session:
            return bool(_jobs(session, "WHERE id = :id", {"id": id}))

    def unfinished(self) -> bool:
        """Whether a job waits, or runs, be it in a process that was killed."""
        with self._reading() as session:
            return bool(_jobs(session, "WHERE state IN ('waiting', 'running') LIMIT 1"))

    def take(self) -> Job | None:
        """Begin the oldest job that waits; None for none."""
        with self._writing() as session:
            found = _jobs(session, "WHERE state = 'waiting' ORDER BY number LIMIT 1")
            if not found:
                return None
            session.execute(
                "UPDATE jobs SET state = 'running', started = :now, tries = tries + 1, stage = '', done = 0, total = 0 "
                "WHERE id = :id",
                {"now": time.time(), "id": found[0].id},
            )
            return _one(session, found[0].id)

    def recover(self) -> None:
        """Put what a killed process was at back into the queue; what was begun too often has failed."""
        error = f"its process ended {TRIES} times before it was done; see the log, and retry it"
        with self._writing() as session:
            session.execute(
                "UPDATE jobs SET state = 'failed', ended = :now, error = :error "
                "WHERE state = 'running' AND tries >= :tries",
                {"now": time.time(), "error": error, "tries": TRIES},
            )
            session.execute("UPDATE jobs SET state = 'waiting' WHERE state = 'running'")

    def progress(self, id: str, stage: str, done: int, total: int) -> bool:
        """Note how far a job is; return whether it is to stop."""
        with self._writing() as session:
            session.execute(
                "UPDATE jobs SET stage = :stage, done = :done, total = :total WHERE id = :id",
                {"stage": stage, "done": done, "total": total, "id": id},
            )
            return _one(session, id).stopping

    def end(self, id: str, state: State, files: Sequence[JobFile], error: str = "", version: str = "") -> None:
        with self._writing() as session:
            session.execute(
                "UPDATE jobs SET state = :state, ended = :now, files = :files, error = :error, version = :version, "
                "stage = '' WHERE id = :id",
                {
                    "state": state,
                    "now": time.time(),
                    "files": _json(files),
                    "error": error,
                    "version": version,
                    "id": id,
                },
            )

    def stop(self, id: str) -> Job:
        """End a job that waits at once, and one that runs at its next step; raises JobsError for one that has ended."""
        with self._writing() as session:
            job = _one(session, id)
            if job.state in ENDED:
                raise JobsError(f"job {id!r} has ended: {job.state}")
            session.execute(
                "UPDATE jobs SET stopping = 1, state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE state END, "
                "ended = CASE state WHEN 'waiting' THEN :now ELSE ended END WHERE id = :id",
                {"now": time.time(), "id": id},
            )
            return _one(session, id)

    def retry(self, id: str) -> Job:
        """Put a job that failed or was cancelled into the queue again; raises JobsError for another."""
        with self._writing() as session:
            job = _one(session, id)
            if job.state not in ("failed", "cancelled"):
                raise JobsError(f"job {id!r} is {job.state}; only a failed or cancelled one can be tried again")
            session.execute(
                "UPDATE jobs SET state = 'waiting', stopping = 0, tries = 0, error = '', started = NULL, ended = NULL, "
                "number = (SELECT max(number) + 1 FROM jobs), files = :files WHERE id = :id",
                {"files": _json([JobFile(each.name) for each in job.files]), "id": id},
            )
            return _one(session, id)

    def close(self) -> None:
        self._tables.close()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        try:
            with self._tables.reading() as session:
                yield session
        except TablesError as error:
            raise JobsError(f"{self._tables.name} cannot be read: {error}") from error


def new_id() -> str:
    return f"j-{secrets.token_hex(6)}"


def _one(session: Session, id: str) -> Job:
    found = _jobs(session, "WHERE id = :id", {"id": id})
    if not found:
        raise JobsError(f"there is no job {id!r}")
    return found[0]


def _jobs(session: Session, which: str, values: Values = {}) -> list[Job]:  # noqa: B006 (it is only read)
    return [_job(row) for row in session.execute(f"SELECT {COLUMNS} FROM jobs {which}", values)]


def _job(row: Row) -> Job:
    told = dict(zip(COLUMNS.split(", "), row, strict=True))
    files = tuple(JobFile(**{**each, "warnings": tuple(each["warnings"])}) for each in json.loads(str(told["files"])))
    return Job(**{**told, "files": files, "stopping": bool(told["stopping"])})  # type: ignore[arg-type]


def _json(files: Sequence[JobFile]) -> str:
    return json.dumps([asdict(each) for each in files], ensure_ascii=False)
