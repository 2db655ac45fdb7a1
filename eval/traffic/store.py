"""Reads the service's store of answers and feedback, and never writes to it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

STORE = Path("var/store/answers.sqlite")


class StoreError(Exception):
    """A store that cannot be read; the text names it."""


def rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what a query gives, without changing the store; raises StoreError."""
    if not store.is_file():
        raise StoreError(f"there is no store {str(store)!r}; name the file of the service's OUTLINE_QA_STORE__PATH")
    try:
        with closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.Error as error:
        raise StoreError(f"cannot read the answers in {str(store)!r}: {error}; is it the service's store?") from error
