"""Reads the service's store of answers and feedback, a file or a PostgreSQL, and never writes to it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

VARIABLE = "EVAL_STORE"  # an address may hold a password, which stands on no command line
SERVER = ("postgresql://", "postgres://")
SECONDS = 5  # for a connection, and for a lock
QUERY_SECONDS = 120
# The service's file has this as a view. Text is joined as text: what JSON may hold a column of JSON may not.
_ANSWERS = """WITH answers AS (
    SELECT asked.id, asked.created, asked.session_id, question,
        '{"id": ' || to_json(asked.id)::text || ', "timings_ms": ' || timings || ', ' || substr(body, 2) AS body
    FROM asked JOIN replies ON reply = key
) """
Store = Path | str


class StoreError(Exception):
    """A store that cannot be read; the text names it."""


def named(text: str) -> Store:
    """Return a store as it is given: an address of PostgreSQL, or the path of a file."""
    return text if text.startswith(SERVER) else Path(text)


STORE = named(os.environ.get(VARIABLE) or "var/store/answers.sqlite")
HELP = f"the service's SQLite file, or postgresql://…; {VARIABLE} names it too; it is only read"


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    """Return what a SELECT gives, without changing the store; raises StoreError."""
    return _rows_of_server(store, query) if isinstance(store, str) else _rows_of_file(store, query)


def _rows_of_file(store: Path, query: str) -> list[tuple[Any, ...]]:
    if not store.is_file():
        raise StoreError(f"there is no store {str(store)!r}; name the file of the service's OUTLINE_QA_STORE__PATH")
    try:
        with closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True, timeout=SECONDS)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.Error as error:
        raise StoreError(f"cannot read the answers in {str(store)!r}: {error}; is it the service's store?") from error


def _rows_of_server(address: str, query: str) -> list[tuple[Any, ...]]:
    try:
        import psycopg  # an extra
    except ImportError as error:
        raise StoreError(f"a store in PostgreSQL needs psycopg: pip install 'psycopg[binary]' ({error})") from error
    where = urlsplit(address)
    name = f"{where.hostname}{where.path}"  # without the password
    options = f"-c default_transaction_read_only=on -c statement_timeout={QUERY_SECONDS}s"
    try:
        with psycopg.connect(address, connect_timeout=SECONDS, options=options) as connection:
            return connection.execute((_ANSWERS + query).encode()).fetchall()
    except psycopg.Error as error:
        raise StoreError(f"cannot read the answers in {name!r}: {error}; is it the service's store?") from error
