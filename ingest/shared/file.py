"""One SQLite file that threads and processes share."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from ingest.shared.tables import Design, Row, Session, TablesError, Values


class FileTables:
    """Opens or makes the file, and its tables where they are not there."""

    here = True

    def __init__(self, path: Path, design: Design) -> None:
        self.name = repr(str(path))
        self._lock = RLock()
        with _told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=design.patience, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(design.schema)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session within one transaction; raises TablesError."""
        with _told(), self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield _Session(self._connection)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session to one thread alone; raises TablesError."""
        with _told(), self._lock:
            yield _Session(self._connection)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Who shares a file has a folder beside it to lock."""
        yield True

    def changes(self) -> int:
        with _told(), self._lock:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            self._connection.close()


@dataclass(frozen=True, slots=True)
class _Session:
    connection: sqlite3.Connection

    def execute(self, statement: str, values: Values = {}) -> Sequence[Row]:  # noqa: B006 (it is only read)
        return self.connection.execute(statement, dict(values)).fetchall()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise TablesError(str(error)) from error
