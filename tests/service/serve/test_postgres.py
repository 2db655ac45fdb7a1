"""PostgreSQL as replicas share it: begun at once, ended in mid-work, and with what it cannot hold."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from benchmarks.database import Postgres
from ingest.shared.server import address
from service.serve import behind
from service.serve.behind import StoreUnavailableError, WriteBehind
from service.serve.postgres import SETTING, TABLES, PostgresStore, ServerShelf
from service.serve.store import DAY, Kept
from service.settings import StoreSettings
from tests.support.postgres import postgres

__all__ = ["postgres"]


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.database()


def answer(id: str, text: str = "…", created: float | None = None) -> Kept:
    return Kept(id, "怎么除垢？", json.dumps({"id": id, "answer": text}), None, created or time.time())


def test_replicas_that_start_at_once_make_the_tables_once(url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: PostgresStore(url, 30), range(8)))
    for number, store in enumerate(stores):
        store.keep_all([answer(f"a-{number}")])
    assert all(store.rate(f"a-{7 - number}", "up", str(number)) for number, store in enumerate(stores))
    assert len(stores[0].rated("up")) == 8
    for store in stores:
        store.close()


def test_the_tables_are_those_of_the_code(url: str) -> None:
    PostgresStore(url, 30).close()
    engine = create_engine(address(url, SETTING))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), TABLES) == []
    engine.dispose()


def test_one_forgets_while_others_keep(url: str) -> None:
    """The same reply is given again while the old answer that had it goes."""
    now = time.time()
    with closing(PostgresStore(url, 30)) as one, closing(PostgresStore(url, 30)) as other:

        def keep(number: int) -> None:
            one.keep_all([answer(f"new-{number}", "same", now)])

        def forget(number: int) -> None:
            other.keep_all([answer(f"old-{number}", "same", now - 31 * DAY)])
            other._forget_old(now)

        with ThreadPoolExecutor(4) as pool:
            done = [pool.submit(act, number) for number in range(100) for act in (keep, forget)]
            assert [each.exception() for each in done] == [None] * 200
        assert all(one.find(f"new-{number}") for number in range(100))
        assert not any(one.find(f"old-{number}") for number in range(100))


def test_what_its_texts_cannot_hold(url: str) -> None:
    with closing(PostgresStore(url, 30)) as store:
        odd = "a\0b \udc80 😕"
        store.keep_all([Kept("a-1", odd, json.dumps({"answer": odd}), None, time.time())])
        found = store.find("a-1")
        assert found
        assert found.question == "a␀b ? 😕"
        assert json.loads(found.body)["answer"] == odd
        assert store.rate("a-1", "down", odd)
        assert store.find(odd) is None
        assert not store.rate("'; DROP TABLE asked; --", "up", None)


def test_nothing_is_lost_while_it_is_away(postgres: Postgres, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "FIRST", 0.02)
    monkeypatch.setattr(behind, "LONGEST", 0.1)
    lost: list[int] = []
    store = WriteBehind(ServerShelf(url, 30, None), lost.append)
    store.keep(answer("a-1"))
    assert store.rate("a-1", "up", None).result(20)
    postgres.stop()
    try:
        store.keep(answer("a-2"))
        end = time.monotonic() + 20
        while store.problem is None and time.monotonic() < end:
            time.sleep(0.01)
        assert "PostgreSQL at '127.0.0.1/" in str(store.problem)
        assert "start it, or correct OUTLINE_QA_STORE__URL" in str(store.problem)
        with pytest.raises(StoreUnavailableError):
            store.rate("a-2", "up", None).result(20)
    finally:
        postgres.start()
    end = time.monotonic() + 20
    while (store.problem or store.waiting) and time.monotonic() < end:
        time.sleep(0.01)
    assert store.rate("a-2", "down", None).result(20)
    store.close()
    assert lost == []


@pytest.mark.parametrize(
    ("url", "told"), [("mysql://x/y", "of 'mysql'"), ("no address", "no address"), ("sqlite:///x", "of 'sqlite'")]
)
def test_another_address(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"{told}.*give postgresql://"):
        ServerShelf(url, 30, None)


def test_a_password_is_not_told() -> None:
    shelf = ServerShelf("postgresql://qa:s3cret@127.0.0.1:9/x?connect_timeout=1", 30, None)
    with pytest.raises(shelf.errors) as failed:
        shelf.open()
    assert "s3cret" not in shelf.told(failed.value) + shelf.name
    assert "s3cret" not in repr(StoreSettings.model_validate({"url": "postgresql://qa:s3cret@h/x"}))
