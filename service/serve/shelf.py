"""Where answers are kept: in a file of SQLite, for processes on one machine; or on a server, for replicas."""

import errno
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from service.serve.store import Erasure, Kept, Owner, Rated, Rating, Store

log = logging.getLogger(__name__)
ASIDE = ".damaged-"
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
REMEDIES = {
    sqlite3.SQLITE_BUSY: "another process holds it; end that one",
    sqlite3.SQLITE_LOCKED: "another process holds it; end that one",
    sqlite3.SQLITE_FULL: "the disk is full; free some space",
    sqlite3.SQLITE_IOERR: "the disk fails or is full; free some space or look after it",
    sqlite3.SQLITE_READONLY: "it cannot be written; give the service's user the right to",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; give the service's user the right to write to its folder",
    sqlite3.SQLITE_PERM: "it cannot be opened; give the service's user the right to",
}
# Before SQLite is asked, the file is made: what the system says then.
CAUSES = {
    errno.EROFS: "the disk can only be read; mount it so that it can be written",
    errno.ENOSPC: REMEDIES[sqlite3.SQLITE_FULL],
    errno.EDQUOT: REMEDIES[sqlite3.SQLITE_FULL],
    errno.EACCES: REMEDIES[sqlite3.SQLITE_CANTOPEN],
    errno.EPERM: REMEDIES[sqlite3.SQLITE_CANTOPEN],
}
ELSE = "look after it"


class AnswerStore(Protocol):
    """Keeps answers and what people thought of them; each raises an error of its shelf."""

    @property
    def bytes(self) -> int: ...

    def keep_all(self, answers: Sequence[Kept]) -> None: ...

    def rate(self, answer_id: str, rating: Rating, comment: str | None) -> bool: ...

    def unrate(self, answer_id: str) -> bool: ...

    def find(self, answer_id: str) -> Kept | None: ...

    def rated(self, rating: Rating) -> list[Rated]: ...

    def owned(self, owner: Owner) -> list[dict[str, object]]: ...

    def erase(self, owner: Owner) -> Erasure: ...

    def close(self) -> None: ...


class Shelf(Protocol):
    """A place for answers: opens it, and says what is wrong with it and what mends that."""

    name: str
    errors: tuple[type[Exception], ...]

    @property
    def problem(self) -> str | None: ...

    def open(self) -> AnswerStore: ...

    def told(self, error: Exception) -> str: ...


class FileShelf:
    """A file of SQLite; a damaged one is put aside, and another is begun."""

    errors: tuple[type[Exception], ...] = (OSError, sqlite3.Error)

    def __init__(self, path: Path, opened: Callable[[Path], Store]) -> None:
        self.name, self._path, self._open = str(path), path, opened

    @property
    def problem(self) -> str | None:
        """Return where a damaged file lies that nobody has moved away."""
        aside = sorted(self._path.parent.glob(f"{self._path.name}{ASIDE}*"))
        return _put_aside(aside[-1]) if aside else None

    def open(self) -> Store:
        return self._open(self._path)

    def told(self, error: Exception) -> str:
        """Say what is wrong and what mends it; put a damaged file aside, of which nothing is thrown away."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # extended codes have the plain one below
        if code in DAMAGE:
            self._move_aside()
        cause = CAUSES.get(getattr(error, "errno", None) or 0, ELSE)
        return f"{self.name!r}: {error}: {REMEDIES.get(code, cause)}, or set store.path to another file"

    def _move_aside(self) -> None:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        aside = self._path.with_name(f"{self._path.name}{ASIDE}{stamp}")
        try:
            for end in ("", "-wal", "-shm"):
                old = self._path.with_name(self._path.name + end)
                if old.exists():
                    old.rename(f"{aside}{end}")
        except OSError as error:
            log.error("%s is damaged and cannot be put aside: %s", self._path, error)
        else:
            log.error("%s", _put_aside(aside))


def _put_aside(aside: Path) -> str:
    return (
        f"the store was damaged and is put aside as {str(aside)!r}; "
        "take out of it what can be had (sqlite3 FILE .recover), then move it away"
    )
