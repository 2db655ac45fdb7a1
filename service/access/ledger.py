"""One SQLite file of keys and of every act on them; acts stay as they were written, each sealed with those before."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.shared_file import SharedFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, rights TEXT NOT NULL, documents TEXT NOT NULL, created REAL NOT NULL,
    expires REAL, revoked REAL, used REAL, allowance TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS secrets (
    digest BLOB PRIMARY KEY, key_id TEXT NOT NULL, prefix TEXT NOT NULL, created REAL NOT NULL, expires REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS acts (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL, target TEXT NOT NULL,
    before TEXT, after TEXT, seal TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS acts_stay BEFORE UPDATE ON acts BEGIN SELECT RAISE(ABORT, 'acts are never changed'); END;
CREATE TRIGGER IF NOT EXISTS acts_remain BEFORE DELETE ON acts BEGIN SELECT RAISE(ABORT, 'acts are never deleted'); END;
CREATE TRIGGER IF NOT EXISTS acts_follow BEFORE INSERT ON acts
    WHEN NEW.number <= (SELECT max(number) FROM acts) BEGIN SELECT RAISE(ABORT, 'acts are never replaced'); END;
"""
PATIENCE = 5.0  # seconds to wait for another process that writes

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did: `before` and `after` are what it changed; `seal` is a hash of this and of all before."""

    number: int
    at: float  # seconds since 1970
    who: str
    act: str
    target: str
    before: dict[str, object] | None
    after: dict[str, object] | None
    seal: str


class LedgerError(Exception):
    """The file cannot be used; the text says what to do."""


class Ledger:
    """Opens or makes the file, for its owner alone; threads and processes may share it."""

    def __init__(self, path: Path) -> None:
        """Raises LedgerError where it cannot be opened."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(0o600)
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            self._file = SharedFile(path, SCHEMA, PATIENCE)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(
                f"the keys in {str(path)!r} cannot be read: {error}; "
                "give the service's user the right to write there, or set OUTLINE_QA_ACCESS__PATH to another file"
            ) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection within one transaction; raises LedgerError where nothing can be written."""
        try:
            with self._file.writing() as connection:
                yield connection
        except sqlite3.Error as error:
            raise LedgerError(f"{str(self.path)!r} cannot be written: {error}; nothing was changed") from error

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Return the rows of a query; raises sqlite3.Error."""
        with self._file.reading() as connection:
            return connection.execute(query, values).fetchall()

    def changes(self) -> int:
        """Return a number that changes with what any other connection has written."""
        with self._file.reading() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def note(
        self, connection: sqlite3.Connection, who: str, act: str, target: str, before: Facts | None, after: Facts | None
    ) -> None:
        """Write down an act, within the transaction that does it."""
        last = connection.execute("SELECT number, seal FROM acts ORDER BY number DESC LIMIT 1").fetchone()
        number, seal = (int(last[0]) + 1, str(last[1])) if last else (1, "")
        row = (number, time.time(), who, act, target, _json(before), _json(after))
        connection.execute("INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, _seal(seal, row)))

    def acts(self, after: int = 0, most: int = 1000) -> list[Act]:
        """Return acts in the order in which they were done, from the one behind a number."""
        rows = self.rows("SELECT * FROM acts WHERE number > ? ORDER BY number LIMIT ?", after, most)
        return [_act(row) for row in rows]

    def broken(self) -> int | None:
        """Return the number of the first act that is not as it was written, or that one is missing before."""
        seal, expected = "", 1
        for row in self.rows("SELECT * FROM acts ORDER BY number"):
            if row[0] != expected or row[-1] != _seal(seal, row[:-1]):
                return expected
            seal, expected = str(row[-1]), expected + 1
        return None

    def close(self) -> None:
        self._file.close()


def _act(row: tuple[object, ...]) -> Act:
    number, at, who, act, target, before, after, seal = row
    facts = [None if each is None else json.loads(str(each)) for each in (before, after)]
    return Act(int(str(number)), float(str(at)), str(who), str(act), str(target), facts[0], facts[1], str(seal))


def _json(facts: Facts | None) -> str | None:
    return None if facts is None else json.dumps(facts, ensure_ascii=False, sort_keys=True)


def _seal(before: str, row: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps([before, *row], ensure_ascii=False).encode()).hexdigest()
