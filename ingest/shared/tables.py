"""Tables that threads, processes and replicas share, in a file or on a server: what both take and give."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Row = tuple[object, ...]
Values = Mapping[str, object]


class TablesError(Exception):
    """The tables cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Design:
    """What the tables are: `schema` in a file of SQLite, and the `versions` that Alembic makes of them on a server.

    `name` is that of the table in which Alembic keeps how far it is, `setting` the one that names the server.
    """

    name: str
    setting: str
    schema: str
    versions: Path
    patience: float  # seconds to wait for another that writes


class Session(Protocol):
    """Does statements that SQLite and PostgreSQL both know, with values written as :name."""

    def execute(self, statement: str, values: Values = ...) -> Sequence[Row]: ...


class Tables(Protocol):
    """Each method raises TablesError; `here` is whether a look at them takes no time to speak of."""

    name: str
    here: bool

    def writing(self) -> AbstractContextManager[Session]:
        """Give a session within one transaction; only one at a time writes."""
        ...

    def reading(self) -> AbstractContextManager[Session]: ...

    def alone(self) -> AbstractContextManager[bool]:
        """Hold what only one process may hold at a time; say whether this one does."""
        ...

    def changes(self) -> int:
        """Return a number that is another one whenever others may have written."""
        ...

    def close(self) -> None: ...
