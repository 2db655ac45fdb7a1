"""Jobs that change what is indexed, in one SQLite file: what waits, how far it is, what it did to each file."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from ingest.shared_file import SharedFile

Kind = Literal["upload", "remove", "refresh"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]
FileState = Literal["waiting", "indexed", "unchanged", "duplicate", "refused", "removed"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
TRIES = 3  # times that a job is begun whose process is killed
KEPT = 1000  # jobs that have ended
PATIENCE = 10.0  # seconds to wait for another process that writes
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


class JobsError(Exception):
    """The file of jobs cannot be used, or a job is not as an act needs it; the text says what to do."""


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


class Jobs:
    """Opens or makes the file; threads and processes may share it."""

    def __init__(self, path: Path) -> None:
        """Raises JobsError where it cannot be opened."""
        self.path = path
        try:
            self._file = SharedFile(path, SCHEMA, PATIENCE)
        except (OSError, sqlite3.Error) as error:
            raise JobsError(
                f"the jobs in {str(path)!r} cannot be opened: {error}; give the service's user the right to write "
                "there, or set OUTLINE_QA_UPLOADS__PATH to another folder"
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._file.writing() as connection:
                yield connection
        except sqlite3.Error as error:
            raise JobsError(f"{str(self.path)!r} cannot be written: {error}; nothing was changed") from error

    def add(self, kind: Kind, who: str, names: Sequence[str], id: str = "") -> Job:
        """Add a job behind all others; a refresh that waits already is returned instead of a second one."""
        with self._writing() as connection:
            if kind == "refresh":
                rows = connection.execute("SELECT id FROM jobs WHERE kind = 'refresh' AND state = 'waiting'").fetchall()
                if rows:
                    return self.job(str(rows[0][0]))
            id = id or new_id()
            connection.execute(
                "INSERT INTO jobs (id, kind, who, state, created, files) VALUES (?, ?, ?, 'waiting', ?, ?)",
                (id, kind, who, time.time(), _json([JobFile(name) for name in names])),
            )
            connection.execute(
                "DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND number <= "
                "(SELECT max(number) FROM jobs) - ?",
                (KEPT,),
            )
        return self.job(id)

    def job(self, id: str) -> Job:
        """Return a job; raises JobsError where there is none."""
        found = self._rows("SELECT * FROM jobs WHERE id = ?", id)
        if not found:
            raise JobsError(f"there is no job {id!r}")
        return found[0]

    def listed(self, most: int = 100) -> list[Job]:
        """Return jobs, the newest first."""
        return self._rows("SELECT * FROM jobs ORDER BY number DESC LIMIT ?", most)

    def known(self, id: str) -> bool:
        """Whether there is a job of this id."""
        return bool(self._rows("SELECT * FROM jobs WHERE id = ?", id))

    def unfinished(self) -> bool:
        """Whether a job waits, or runs, be it in a process that was killed."""
        return bool(self._rows("SELECT * FROM jobs WHERE state IN ('waiting', 'running') LIMIT 1"))

    def take(self) -> Job | None:
        """Begin the oldest job that waits; None for none. Only one process at a time may call it."""
        with self._writing() as connection:
            row = connection.execute("SELECT id FROM jobs WHERE state = 'waiting' ORDER BY number LIMIT 1").fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE jobs SET state = 'running', started = ?, tries = tries + 1, stage = '', done = 0, total = 0 "
                "WHERE id = ?",
                (time.time(), row[0]),
            )
        return self.job(str(row[0]))

    def recover(self) -> None:
        """Put what a killed process was at back into the queue; what was begun too often has failed."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'failed', ended = ?, error = ? WHERE state = 'running' AND tries >= ?",
                (time.time(), f"its process ended {TRIES} times before it was done; see the log, and retry it", TRIES),
            )
            connection.execute("UPDATE jobs SET state = 'waiting' WHERE state = 'running'")

    def progress(self, id: str, stage: str, done: int, total: int) -> bool:
        """Note how far a job is; return whether it is to stop."""
        with self._writing() as connection:
            connection.execute("UPDATE jobs SET stage = ?, done = ?, total = ? WHERE id = ?", (stage, done, total, id))
            return bool(connection.execute("SELECT stopping FROM jobs WHERE id = ?", (id,)).fetchone()[0])

    def end(self, id: str, state: State, files: Sequence[JobFile], error: str = "", version: str = "") -> None:
        with self._writing() as connection:
            connection.execute(
                "UPDATE jobs SET state = ?, ended = ?, files = ?, error = ?, version = ?, stage = '' WHERE id = ?",
                (state, time.time(), _json(files), error, version, id),
            )

    def stop(self, id: str) -> Job:
        """End a job that waits at once, and one that runs at its next step; raises JobsError for one that has ended."""
        with self._writing() as connection:
            job = self.job(id)
            if job.state in ENDED:
                raise JobsError(f"job {id!r} has ended: {job.state}")
            connection.execute(
                "UPDATE jobs SET stopping = 1, state = iif(state = 'waiting', 'cancelled', state), "
                "ended = iif(state = 'waiting', ?, ended) WHERE id = ?",
                (time.time(), id),
            )
        return self.job(id)

    def retry(self, id: str) -> Job:
        """Put a job that failed or was cancelled into the queue again; raises JobsError for another."""
        with self._writing() as connection:
            job = self.job(id)
            if job.state not in ("failed", "cancelled"):
                raise JobsError(f"job {id!r} is {job.state}; only a failed or cancelled one can be tried again")
            connection.execute(
                "UPDATE jobs SET state = 'waiting', stopping = 0, tries = 0, error = '', started = NULL, ended = NULL, "
                "number = (SELECT max(number) + 1 FROM jobs), files = ? WHERE id = ?",
                (_json([JobFile(each.name) for each in job.files]), id),
            )
        return self.job(id)

    def close(self) -> None:
        self._file.close()

    def _rows(self, query: str, *values: object) -> list[Job]:
        try:
            with self._file.reading() as connection:
                cursor = connection.execute(query, values)
                names = [each[0] for each in cursor.description]
                return [_job(dict(zip(names, row, strict=True))) for row in cursor]
        except sqlite3.Error as error:
            raise JobsError(f"{str(self.path)!r} cannot be read: {error}") from error


def new_id() -> str:
    return f"j-{secrets.token_hex(6)}"


def _job(row: Mapping[str, object]) -> Job:
    files = tuple(JobFile(**{**each, "warnings": tuple(each["warnings"])}) for each in json.loads(str(row["files"])))
    return Job(**{**row, "files": files, "stopping": bool(row["stopping"])})  # type: ignore[arg-type]


def _json(files: Sequence[JobFile]) -> str:
    return json.dumps([asdict(each) for each in files], ensure_ascii=False)
