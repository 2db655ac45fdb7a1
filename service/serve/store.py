"""Answers and what people thought of them, in one SQLite file."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal, Self

Rating = Literal["up", "down"]
DAY = 86_400.0
MEGABYTE = 1 << 20
SHARE = 10  # of the answers, one in so many goes at a time where there is no more room
LOOK = 60.0  # seconds between looks for what is too old
VERSION = 4  # of the tables
# What is asked often has one reply, kept once; the view gives each answer as it was sent.
SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (key BLOB PRIMARY KEY, question TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS asked (
    id TEXT PRIMARY KEY, created REAL NOT NULL, session_id TEXT, reply BLOB NOT NULL, timings TEXT NOT NULL,
    readable TEXT, who TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS asked_created ON asked (created);
CREATE INDEX IF NOT EXISTS asked_reply ON asked (reply);
CREATE TABLE IF NOT EXISTS feedback (
    answer_id TEXT PRIMARY KEY, created REAL NOT NULL, rating TEXT NOT NULL, comment TEXT
);
CREATE VIEW IF NOT EXISTS answers AS
    SELECT id, created, session_id, question, json_set(body, '$.id', id, '$.timings_ms', json(timings)) AS body
    FROM asked JOIN replies ON reply = key;
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer to be kept; `body` is the reply of /v1/ask as JSON, `created` in seconds since 1970.

    `readable` are the patterns of what its reader may read, as a JSON array; None is everything.
    """

    answer_id: str
    question: str
    body: str
    session_id: str | None
    created: float
    readable: str | None = None
    who: str | None = None  # a mark of the key or subject that asked


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose answers: those of a session, or of a key or subject by its mark; one of the two is given."""

    session_id: str | None = None
    who: str | None = None

    @property
    def column(self) -> tuple[str, str]:
        """The column of `asked` that tells whose an answer is, and its value."""
        column, value = ("session_id", self.session_id) if self.session_id else ("who", self.who)
        if not value:
            raise ValueError("say whose answers: a session's, a key's or a subject's")
        return column, value


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased: answers, ratings, their questions and comments, and a hash of the answers' ids, sorted."""

    answers: int
    ratings: int
    texts: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, ids: Sequence[str], ratings: int, texts: Iterable[str]) -> Self:
        digest = hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()
        return cls(len(ids), ratings, tuple(sorted(texts)), digest)


@dataclass(frozen=True, slots=True)
class Rated:
    """An answer that somebody rated; `body` is the reply of /v1/ask as JSON, `created` in seconds since 1970."""

    answer_id: str
    question: str
    body: str
    rating: Rating
    comment: str | None
    created: float


class Store:
    """Keeps answers for `keep_days` and rated ones for `rated_days`, in at most `max_bytes`; threads may share it."""

    def __init__(
        self,
        path: Path,
        keep_days: int,
        rated_days: int | None = None,
        max_bytes: int = 512 * MEGABYTE,
        patience: float = 2,
    ) -> None:
        """Open or make the file, for its owner alone; waits for its lock. Raises OSError and sqlite3.Error."""
        self._keep, self._rated = keep_days * DAY, None if rated_days is None else rated_days * DAY
        self._max, self._lock, self._looked = max_bytes, Lock(), 0.0
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        self._connection = sqlite3.connect(path, timeout=patience, check_same_thread=False)
        try:
            # Readers beside a writer, and no wait for the disk at each answer: a power cut may lose the last ones.
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(f"PRAGMA journal_size_limit = {16 * MEGABYTE}")
            self._update()
        except sqlite3.Error:
            self._connection.close()
            raise

    def keep(self, answer_id: str, question: str, body: str, session_id: str | None) -> None:
        """Keep an answer so that it can be rated."""
        self.keep_all([Kept(answer_id, question, body, session_id, time.time())])

    def keep_all(self, answers: Sequence[Kept]) -> None:
        """Keep answers; forget what is too old, or for which there is no room."""
        with self._transaction() as connection:
            _insert(connection, answers)
            now = time.time()
            if now - self._looked > LOOK or now < self._looked:
                self._looked = now
                self._forget_old(now)
            while self.bytes > self._max and self._forget_oldest():
                pass

    def rate(self, answer_id: str, rating: Rating, comment: str | None) -> bool:
        """Rate an answer, again if need be; False when it is not known."""
        with self._transaction() as connection:
            known = connection.execute("SELECT 1 FROM asked WHERE id = ?", (answer_id,)).fetchone()
            if known:
                connection.execute(
                    "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?)", (answer_id, time.time(), rating, comment)
                )
        return known is not None

    def unrate(self, answer_id: str) -> bool:
        """Take the rating of an answer back, where it has one; False when the answer is not known."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM feedback WHERE answer_id = ?", (answer_id,))
            return connection.execute("SELECT 1 FROM asked WHERE id = ?", (answer_id,)).fetchone() is not None

    def find(self, answer_id: str) -> Kept | None:
        """Return an answer as it was kept; None when it is not known."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT answers.id, question, body, answers.session_id, answers.created, readable"
                " FROM answers JOIN asked ON asked.id = answers.id WHERE answers.id = ?",
                (answer_id,),
            ).fetchone()
        return Kept(*row) if row else None

    def owned(self, owner: Owner) -> list[dict[str, object]]:
        """Return all that is kept of somebody, oldest first, each as an object of JSON."""
        column, value = owner.column
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT asked.id, asked.created, asked.session_id, question, body, rating, comment FROM asked"
                " JOIN answers ON answers.id = asked.id LEFT JOIN feedback ON answer_id = asked.id"
                f" WHERE asked.{column} = ? ORDER BY asked.created",
                (value,),
            ).fetchall()
        return [exported(*row) for row in rows]

    def erase(self, owner: Owner) -> Erasure:
        """Delete all that is kept of somebody, so that nothing of it is left in the file."""
        column, value = owner.column
        with self._transaction() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            rows = connection.execute(
                "SELECT id, question, comment FROM asked JOIN replies ON reply = key"
                f" LEFT JOIN feedback ON answer_id = id WHERE {column} = ?",
                (value,),
            ).fetchall()
            connection.execute(f"DELETE FROM asked WHERE {column} = ?", (value,))
            ratings = connection.execute("DELETE FROM feedback WHERE answer_id NOT IN (SELECT id FROM asked)").rowcount
            self._forget_unused()
        with self._lock:  # what was overwritten stands in the log of changes until it is emptied
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Erasure.of([row[0] for row in rows], ratings, {text for _, *own in rows for text in own if text})

    def rated(self, rating: Rating) -> list[Rated]:
        """Return the answers rated so, oldest rating first."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT answer_id, question, body, rating, comment, feedback.created FROM feedback"
                " JOIN answers ON answers.id = answer_id WHERE rating = ? ORDER BY feedback.created",
                (rating,),
            ).fetchall()
        return [Rated(*row) for row in rows]

    @property
    def bytes(self) -> int:
        """What is in use of the file; what was freed is used again."""
        pages, free, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _update(self) -> None:
        """Make the tables, from those of an earlier release where these are there."""
        with self._transaction() as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] >= VERSION:
                return
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'asked'").fetchone():
                columns = [row[1] for row in connection.execute("PRAGMA table_info(asked)")]
                for name in {"readable", "who"} - set(columns):
                    connection.execute(f"ALTER TABLE asked ADD COLUMN {name} TEXT")
            old = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'answers'").fetchone()
            if old:
                connection.execute("ALTER TABLE feedback RENAME TO feedback_1")
                connection.execute("ALTER TABLE answers RENAME TO answers_1")
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
            if old:
                with closing(connection.cursor()) as cursor:
                    cursor.execute("SELECT id, question, body, session_id, created FROM answers_1")
                    while rows := cursor.fetchmany(1000):
                        _insert(connection, [Kept(*row) for row in rows])
                connection.execute("INSERT INTO feedback SELECT answer_id, created, rating, comment FROM feedback_1")
                connection.execute("DROP TABLE feedback_1")
                connection.execute("DROP TABLE answers_1")
            connection.execute(f"PRAGMA user_version = {VERSION}")

    def _forget_old(self, now: float) -> None:
        if self._rated is not None:
            self._connection.execute("DELETE FROM feedback WHERE created < ?", (now - self._rated,))
        self._connection.execute(
            "DELETE FROM asked WHERE created < ? AND id NOT IN (SELECT answer_id FROM feedback)", (now - self._keep,)
        )
        self._forget_unused()

    def _forget_oldest(self) -> bool:
        """Forget a share of the answers, those first that nobody rated; False where there is none."""
        count = self._connection.execute("SELECT count(*) FROM asked").fetchone()[0]
        self._connection.execute(
            "DELETE FROM asked WHERE id IN (SELECT id FROM asked LEFT JOIN feedback ON id = answer_id"
            " ORDER BY rating IS NOT NULL, asked.created LIMIT ?)",
            (count // SHARE + 1,),
        )
        self._connection.execute("DELETE FROM feedback WHERE answer_id NOT IN (SELECT id FROM asked)")
        self._forget_unused()
        return bool(count)

    def _forget_unused(self) -> None:
        self._connection.execute("DELETE FROM replies WHERE key NOT IN (SELECT reply FROM asked)")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._connection:
            yield self._connection


def exported(
    id: str, created: float, session: str | None, question: str, body: str, rating: str | None, comment: str | None
) -> dict[str, object]:
    """Return an answer and what was thought of it as an object of JSON."""
    return {
        "answer_id": id, "created": created, "session_id": session, "question": question,
        "reply": json.loads(body), "rating": rating, "comment": comment,
    }  # fmt: skip


def _insert(connection: sqlite3.Connection, answers: Sequence[Kept]) -> None:
    for each in answers:
        body = json.loads(each.body)
        body.pop("id", None)
        timings = json.dumps(body.pop("timings_ms", {}))
        text = json.dumps(body, ensure_ascii=False)
        key = hashlib.sha256(f"{each.question}\0{text}".encode("utf-8", "surrogatepass")).digest()
        connection.execute("INSERT OR IGNORE INTO replies VALUES (?, ?, ?)", (key, each.question, text))
        row = (each.answer_id, each.created, each.session_id, key, timings, each.readable, each.who)
        columns = "id, created, session_id, reply, timings, readable, who"
        connection.execute(f"INSERT OR REPLACE INTO asked ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
