"""Every night's run, its rows and its means, in one SQLite file."""

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from statistics import mean

from pydantic import ValidationError

from eval.nights.comparison import readings
from eval.score.row import METRICS, RUN, Row, RowError, Run, from_lines, to_line
from eval.score.significance import bootstrap

HISTORY = Path("var/eval/history.sqlite")
ALL = "all"  # the kind of all questions together
VERSION = 1
TABLES = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, started TEXT NOT NULL, golden_sha256 TEXT NOT NULL, run TEXT NOT NULL, lines BLOB NOT NULL
);
CREATE INDEX runs_started ON runs (started);
CREATE TABLE figures (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, kind TEXT NOT NULL, metric TEXT NOT NULL,
    mean REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (run_id, kind, metric)
) WITHOUT ROWID;
"""


class HistoryError(Exception):
    """The file of past runs cannot be used, or has no such run; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The mean of a metric over the `n` questions of a kind that have it, and its 95 % interval."""

    mean: float
    low: float
    high: float
    n: int


class History:
    """Keeps runs for good; another process may read or add at the same time."""

    def __init__(self, path: Path = HISTORY, patience: float = 10.0) -> None:
        """Name the file, which the first add() makes; `patience` is how many seconds to wait for another writer."""
        self.path, self._patience = path, patience

    def add(self, run: Run, rows: Sequence[Row]) -> None:
        """Keep a run whole or not at all, in place of one of the same id; raises HistoryError."""
        _check(rows)
        lines = zlib.compress("\n".join(map(to_line, rows)).encode())
        record = (run.id, run.started, run.golden_sha256, RUN.dump_json(run).decode(), lines)
        means = [(run.id, *key, f.mean, f.low, f.high, f.n) for key, f in summarise(rows).items()]
        with self._open(new=True) as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run.id,))
            connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", record)
            connection.executemany("INSERT INTO figures VALUES (?, ?, ?, ?, ?, ?, ?)", means)

    def runs(self, golden_sha256: str | None = None) -> list[Run]:
        """Return the runs, oldest first, those over one set of questions if it is named; none without a file."""
        if self._is_empty():
            return []
        with self._open() as connection:
            texts = connection.execute(
                "SELECT run FROM runs WHERE golden_sha256 = coalesce(?, golden_sha256) ORDER BY started, id",
                (golden_sha256,),
            ).fetchall()
        try:
            return [RUN.validate_json(text) for (text,) in texts]
        except ValidationError as error:
            raise HistoryError(f"a run in {str(self.path)!r} is damaged: {error.errors()[0]['msg']}") from error

    def run(self, run_id: str) -> Run:
        """Return a run; raises HistoryError naming the latest ones when there is none of this id."""
        runs = self.runs()
        if match := next((run for run in runs if run.id == run_id), None):
            return match
        latest = ", ".join(run.id for run in runs[-3:])
        known = f"the latest are {latest}" if latest else "it has none; `python -m eval run` adds one"
        raise HistoryError(f"{str(self.path)!r} has no run {run_id!r}; {known}")

    def rows(self, run_id: str) -> list[Row]:
        """Return the rows of a run in the order they were added; raises HistoryError."""
        self.run(run_id)
        with self._open() as connection:
            (lines,) = connection.execute("SELECT lines FROM runs WHERE id = ?", (run_id,)).fetchone()
        try:
            text = zlib.decompress(lines).decode()
            return from_lines(f"run {run_id} of {str(self.path)!r}", text.split("\n") if text else [])
        except (zlib.error, RowError) as error:
            raise HistoryError(f"the rows of run {run_id!r} in {str(self.path)!r} are damaged: {error}") from error

    def figures(self, *run_ids: str) -> dict[str, dict[tuple[str, str], Figure]]:
        """Return the figures of these runs, or of all, by run id and then by (kind, metric); kind "all" is of all.

        They were computed when the run was added, so 200 runs are read in well under a second.
        """
        wanted = list(run_ids) or [run.id for run in self.runs()]
        figures: dict[str, dict[tuple[str, str], Figure]] = {run_id: {} for run_id in wanted}
        if self._is_empty():
            return figures
        with self._open() as connection:
            for run_id, own in figures.items():
                for kind, metric, *numbers in connection.execute(
                    "SELECT kind, metric, mean, low, high, n FROM figures WHERE run_id = ?", (run_id,)
                ):
                    own[kind, metric] = Figure(*numbers)
        return figures

    def _is_empty(self) -> bool:
        """Whether there is no file yet, or one without a byte, as a first add() on a full disk leaves it."""
        return not self.path.exists() or (self.path.is_file() and not self.path.stat().st_size)

    @contextmanager
    def _open(self, new: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction, made with its folder if `new`; raises HistoryError."""
        try:
            if new:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=self._patience)) as connection:
                connection.execute("PRAGMA foreign_keys = ON")
                with connection:  # commits, or takes back all of it
                    # At once, so that two processes do not both find no tables and make them.
                    connection.execute("BEGIN IMMEDIATE" if new else "BEGIN")
                    self._check_version(connection, new)
                    yield connection
        except (OSError, sqlite3.Error) as error:
            raise HistoryError(self._fault(error)) from error

    def _check_version(self, connection: sqlite3.Connection, new: bool) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise HistoryError(
                f"{str(self.path)!r} was written by a newer version (schema {version}, this one knows {VERSION}); "
                "update this program or name another file with --history"
            )
        if version == VERSION:
            return
        if not new or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise HistoryError(f"{str(self.path)!r} is no history of runs; name another file with --history")
        for statement in TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")

    def _fault(self, error: Exception) -> str:
        """Say what happened and what to do; the runs of before are kept, as a transaction is whole or nothing."""
        fault = str(error)
        remedy = "check the path and its permissions, or name another file with --history"
        if "full" in fault or "No space" in fault or "disk I/O" in fault:
            remedy = "free some space and try again; the runs of before are kept"
        elif "locked" in fault:
            remedy = "another process is writing it; try again when that has ended"
        elif "malformed" in fault or "not a database" in fault:
            remedy = "move it away and put a copy of it in its place, or name another file with --history"
        return f"cannot use the history {str(self.path)!r}: {fault}; {remedy}"


def summarise(rows: Sequence[Row]) -> dict[tuple[str, str], Figure]:
    """Return the mean of every metric that was measured, with its interval, by (kind, metric)."""
    kinds = {kind: [row for row in rows if row.question.kind == kind] for kind in {r.question.kind for r in rows}}
    return {
        (kind, metric): _figure(list(values.values()))
        for kind, group in (kinds | {ALL: list(rows)}).items()
        for metric in METRICS
        if (values := readings(group, metric))
    }


def _figure(values: Sequence[float]) -> Figure:
    # Most figures are 1 for every question, where resampling has nothing to find.
    low, high = (values[0], values[0]) if len(set(values)) == 1 else bootstrap(values)
    return Figure(mean(values), low, high, len(values))


def _check(rows: Sequence[Row]) -> None:
    """Raise HistoryError for a figure that JSON cannot hold: it would be lost without a word."""
    for row in rows:
        if odd := [name for name, value in row.figures.items() if not isfinite(value)]:
            raise HistoryError(
                f"question {row.question.id!r}: figure {odd[0]!r} is {row.figures[odd[0]]}; "
                "what could not be measured belongs in the row's failures"
            )
