"""Answers and what people thought of them, in one SQLite file."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

Rating = Literal["up", "down"]
DAY = 86_400.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    id TEXT PRIMARY KEY, created REAL NOT NULL, session_id TEXT, question TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_created ON answers (created);
CREATE TABLE IF NOT EXISTS feedback (
    answer_id TEXT PRIMARY KEY REFERENCES answers (id), created REAL NOT NULL, rating TEXT NOT NULL, comment TEXT
);
"""


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
    """Keeps answers for `keep_days` and rated ones for good; threads may share it."""

    def __init__(self, path: Path, keep_days: int) -> None:
        """Open or make the file; raises OSError naming it when that fails."""
        self._keep, self._lock, self._cleared = keep_days * DAY, Lock(), 0.0
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = sqlite3.connect(path, timeout=5, check_same_thread=False)
            # Readers beside a writer, and no wait for the disk at each answer: a power cut may lose the last ones.
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise OSError(f"cannot keep answers in {str(path)!r}: {error}; set store.path to another file") from error

    def keep(self, answer_id: str, question: str, body: str, session_id: str | None) -> None:
        """Keep an answer so that it can be rated; once a day, forget what is too old."""
        now = time.time()
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", (answer_id, now, session_id, question, body)
            )
            if now - self._cleared > DAY:
                self._cleared = now
                connection.execute(
                    "DELETE FROM answers WHERE created < ? AND id NOT IN (SELECT answer_id FROM feedback)",
                    (now - self._keep,),
                )

    def rate(self, answer_id: str, rating: Rating, comment: str | None) -> bool:
        """Rate an answer, again if need be; False when it is not known."""
        with self._transaction() as connection:
            known = connection.execute("SELECT 1 FROM answers WHERE id = ?", (answer_id,)).fetchone()
            if known:
                connection.execute(
                    "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?)", (answer_id, time.time(), rating, comment)
                )
        return known is not None

    def unrate(self, answer_id: str) -> bool:
        """Take the rating of an answer back, where it has one; False when the answer is not known."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM feedback WHERE answer_id = ?", (answer_id,))
            return connection.execute("SELECT 1 FROM answers WHERE id = ?", (answer_id,)).fetchone() is not None

    def rated(self, rating: Rating) -> list[Rated]:
        """Return the answers rated so, oldest rating first."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT answer_id, question, body, rating, comment, feedback.created FROM feedback"
                " JOIN answers ON answers.id = answer_id WHERE rating = ? ORDER BY feedback.created",
                (rating,),
            ).fetchall()
        return [Rated(*row) for row in rows]

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._connection:
            yield self._connection
