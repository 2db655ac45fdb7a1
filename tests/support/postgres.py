"""A PostgreSQL that tests share: the real one, where it is installed."""

from collections.abc import Iterator

import pytest

from benchmarks.database import FOUND, Postgres, open_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if not FOUND:
        pytest.skip("PostgreSQL is not installed")
    with open_postgres() as server:
        yield server
