"""Keys and every act on them, in one file or on a server; acts stay as written, each sealed with those before."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from ingest.shared.opening import open_tables
from ingest.shared.tables import Design, Row, Session, TablesError, Values
from service.access.settings import AccessSettings

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
ACT = "number, at, who, act, target, before, after, seal"
DESIGN = Design("keys_version", "access.url", SCHEMA, Path(__file__).parent / "versions", patience=5)

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
    """The file or the server cannot be used; the text says what to do."""


class Ledger:
    """Opens or makes the file, for its owner alone, or the tables on a server; threads and processes may share it."""

    def __init__(self, path: Path, url: str | None = None) -> None:
        """Raises LedgerError where it cannot be opened, ValueError for an address that is not PostgreSQL's."""
        self.closed = Event()
        try:
            if url is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch(0o600)
                if path.stat().st_mode & 0o077:
                    path.chmod(0o600)
            self._tables = open_tables(path, url, DESIGN)
        except (OSError, TablesError) as error:
            raise LedgerError(_unread(repr(str(path)) if url is None else "PostgreSQL", error, url)) from error

    @property
    def here(self) -> bool:
        """Whether a look at it takes no time to speak of."""
        return self._tables.here

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session within one transaction; raises LedgerError where nothing can be written."""
        try:
            with self._tables.writing() as session:
                yield session
        except TablesError as error:
            raise LedgerError(f"{self._tables.name} cannot be written: {error}; nothing was changed") from error

    def rows(self, query: str, values: Values = {}) -> Sequence[Row]:  # noqa: B006 (it is only read)
        """Return the rows of a query; raises LedgerError."""
        try:
            with self._tables.reading() as session:
                return session.execute(query, values)
        except TablesError as error:
            raise LedgerError(f"{self._tables.name} cannot be read: {error}") from error

    def changes(self) -> int:
        """Return a number that changes with what any other has written; raises LedgerError."""
        try:
            return self._tables.changes()
        except TablesError as error:
            raise LedgerError(f"{self._tables.name} cannot be read: {error}") from error

    def note(
        self, session: Session, who: str, act: str, target: str, before: Facts | None, after: Facts | None
    ) -> None:
        """Write down an act, within the transaction that does it."""
        last = session.execute("SELECT number, seal FROM acts ORDER BY number DESC LIMIT 1")
        number, seal = (int(str(last[0][0])) + 1, str(last[0][1])) if last else (1, "")
        row = (number, time.time(), who, act, target, _json(before), _json(after))
        session.execute(
            f"INSERT INTO acts ({ACT}) VALUES (:number, :at, :who, :act, :target, :before, :after, :seal)",
            dict(zip(ACT.split(", "), (*row, _seal(seal, row)), strict=True)),
        )

    def acts(self, after: int = 0, most: int = 1000) -> list[Act]:
        """Return acts in the order in which they were done, from the one behind a number; raises LedgerError."""
        query = f"SELECT {ACT} FROM acts WHERE number > :after ORDER BY number LIMIT :most"
        return [_act(row) for row in self.rows(query, {"after": after, "most": most})]

    def broken(self) -> int | None:
        """Return the number of the first act that is not as it was written, or that one is missing before."""
        seal, expected = "", 1
        for row in self.rows(f"SELECT {ACT} FROM acts ORDER BY number"):
            if row[0] != expected or row[-1] != _seal(seal, row[:-1]):
                return expected
            seal, expected = str(row[-1]), expected + 1
        return None

    def close(self) -> None:
        self.closed.set()
        self._tables.close()


def open_ledger(own: AccessSettings) -> Ledger:
    """Open the keys and the record of acts where the settings have them; raises LedgerError, ValueError."""
    return Ledger(own.path, own.url.get_secret_value() if own.url else None)


def _unread(name: str, error: Exception, url: str | None) -> str:
    """Say what is wrong with what cannot be opened, and what mends it."""
    told = f"the keys in {name} cannot be read: {error}; "
    if url is None:
        return told + "give the service's user the right to write there, or set OUTLINE_QA_ACCESS__PATH to another file"
    return told + "start it, or correct OUTLINE_QA_ACCESS__URL"


def _act(row: Row) -> Act:
    number, at, who, act, target, before, after, seal = row
    facts = [None if each is None else json.loads(str(each)) for each in (before, after)]
    return Act(int(str(number)), float(str(at)), str(who), str(act), str(target), facts[0], facts[1], str(seal))


def _json(facts: Facts | None) -> str | None:
    return None if facts is None else json.dumps(facts, ensure_ascii=False, sort_keys=True)


def _seal(before: str, row: Row) -> str:
    return hashlib.sha256(json.dumps([before, *row], ensure_ascii=False).encode()).hexdigest()
