"""Keys as they are kept, in a file and in PostgreSQL: a secret is nowhere, changes are noted, others are seen."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from freezegun import freeze_time

from benchmarks.database import Postgres
from service.access import keys as module
from service.access.keys import MARK, KeysError, LedgerKeys, NewKey
from service.access.ledger import Ledger, LedgerError
from service.access.principal import Allowance
from tests.support.postgres import postgres

__all__ = ["postgres"]

ASK = NewKey("help desk", ("ask", "read"))


Open = Callable[[], Ledger]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "access.sqlite"


@pytest.fixture(params=["file", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Where they are: None for the file."""
    if request.param == "file":
        return None
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
def ledger(path: Path, url: str | None) -> Iterator[Open]:
    """Open it as a process of its own would."""
    made: list[Ledger] = []

    def open_one() -> Ledger:
        made.append(Ledger(path, url))
        return made[-1]

    yield open_one
    for each in made:
        each.close()


@pytest.fixture
def keys(ledger: Open) -> LedgerKeys:
    return LedgerKeys(ledger())


@pytest.fixture
def forge(path: Path, url: str | None) -> Callable[[str], None]:
    """Do a statement past the ledger, as who owns the file or the tables can."""

    def do(statement: str) -> None:
        with psycopg.connect(url) if url else closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()

    return do


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def test_a_key_is_found_by_its_secret_alone(keys: LedgerKeys) -> None:
    assert not keys.any()
    key, secret = keys.make(ASK, "me")
    assert secret.startswith(MARK)
    assert len(secret) == len(MARK) + 43
    assert key.prefixes == (secret[:9],)
    assert keys.find(secret) == key
    for wrong in (secret[:-1], secret + "x", secret.swapcase(), MARK, "", "\ud800"):
        assert keys.find(wrong) is None


def test_a_secret_is_kept_nowhere(keys: LedgerKeys, path: Path, url: str | None) -> None:
    _, secret = keys.make(ASK, "me")
    key, rotated = keys.rotate(keys.listed()[0].id, 60, "me")
    keys.find(secret)
    keys.flush()
    kept = str([keys.ledger.rows(f"SELECT * FROM {table}") for table in ("keys", "secrets")]).encode()
    files = kept if url else b"".join(each.read_bytes() for each in path.parent.iterdir())
    for each in (secret, rotated):
        assert each[9:].encode() not in files
        assert each[9:] not in repr(key) + repr(keys.listed()) + repr(keys.ledger.acts())
    if url is None:
        assert path.stat().st_mode & 0o777 == 0o600


def test_another_process_is_seen(keys: LedgerKeys, ledger: Open, url: str | None) -> None:
    other = LedgerKeys(ledger())
    key, secret = other.make(ASK, "command")
    assert other.find(secret) is not None
    seconds = 20 if url else 0
    assert within(seconds, lambda: keys.find(secret) is not None)
    other.revoke(key.id, "command")
    assert other.find(secret) is None
    assert within(seconds, lambda: keys.find(secret) is None)
    assert keys.any()


def test_expiry_and_rotation(keys: LedgerKeys) -> None:
    with freeze_time("2026-11-29 10:00:00", tick=False) as clock:
        key, secret = keys.make(NewKey("a day", ("ask",), expires=1_796_032_800), "me")
        assert keys.find(secret) is not None
        _, second = keys.rotate(key.id, 3600, "me")
        assert keys.find(secret) is not None
        clock.tick(3601)
        assert keys.find(secret) is None
        assert keys.find(second) is not None
        clock.tick(10**8)
        assert keys.find(second) is None
        with pytest.raises(KeysError, match="has expired"):
            keys.rotate(key.id, 0, "me")


def test_rotation_without_overlap_and_revocation(keys: LedgerKeys) -> None:
    key, secret = keys.make(ASK, "me")
    _, second = keys.rotate(key.id, 0, "me")
    assert keys.find(secret) is None
    assert keys.find(second) is not None
    assert keys.revoke(key.id, "me").revoked == keys.revoke(key.id, "me").revoked
    assert keys.find(second) is None
    assert [act.act for act in keys.ledger.acts()] == ["key.make", "key.rotate", "key.revoke"]


def test_last_used_is_noted_now_and_then(keys: LedgerKeys) -> None:
    with freeze_time("2026-11-29 10:00:00", tick=False) as clock:
        key, secret = keys.make(ASK, "me")
        assert keys.listed()[0].used is None
        keys.find(secret)
        keys.flush()
        first = keys.listed()[0].used
        assert first is not None
        clock.tick(30)
        keys.find(secret)
        keys.flush()
        assert keys.listed()[0].used == first
        clock.tick(31)
        keys.find(secret)
        keys.flush()
        assert keys.listed()[0].used == first + 61
    assert key.used is None


@pytest.mark.parametrize(
    "new",
    [
        NewKey("", ("ask",)),
        NewKey("x" * 101, ("ask",)),
        NewKey("none", ()),
        NewKey("odd", ("fly",)),  # type: ignore[arg-type]
        NewKey("old", ("ask",), expires=1),
        NewKey("blind", ("ask",), documents=()),
        NewKey("blind", ("ask",), documents=(" ",)),
    ],
)
def test_what_no_key_can_be(keys: LedgerKeys, new: NewKey) -> None:
    with pytest.raises(KeysError):
        keys.make(new, "me")
    assert keys.listed() == []
    assert keys.ledger.acts() == []


def test_unknown_keys(keys: LedgerKeys) -> None:
    with pytest.raises(KeysError, match="outline-qa keys list"):
        keys.revoke("k-none", "me")
    with pytest.raises(KeysError):
        keys.rotate("k-none", 0, "me")


def test_limits_of_its_own_come_back(keys: LedgerKeys) -> None:
    _, secret = keys.make(NewKey("slow", ("ask",), ("a.md",), allowance=Allowance(2, 1, 100)), "me")
    key = keys.find(secret)
    assert key is not None
    assert key.principal.allowance == Allowance(2, 1, 100)
    assert key.principal.readable is not None


def test_acts_are_never_changed_or_deleted(keys: LedgerKeys, forge: Callable[[str], None], url: str | None) -> None:
    for name in ("one", "two", "three"):
        keys.make(NewKey(name, ("ask",)), "me")
    assert keys.ledger.broken() is None
    replace = "INSERT INTO acts SELECT * FROM acts WHERE number = 1 ON CONFLICT (number) DO UPDATE SET who = 'you'"
    also = (replace, "TRUNCATE acts") if url else ("REPLACE INTO acts SELECT * FROM acts",)
    for statement in ("UPDATE acts SET who = 'you'", "DELETE FROM acts", *also):
        with pytest.raises((sqlite3.IntegrityError, psycopg.errors.RaiseException)):
            forge(statement)
    assert [act.who for act in keys.ledger.acts()] == ["me"] * 3


@pytest.mark.parametrize(
    ("forged", "first"),
    [("UPDATE acts SET after = '{}' WHERE number = 2", 2), ("DELETE FROM acts WHERE number = 1", 1)],
)
def test_a_forged_record_shows(
    keys: LedgerKeys, forge: Callable[[str], None], url: str | None, forged: str, first: int
) -> None:
    """Who owns the tables can take the triggers away; the seals tell."""
    for name in ("one", "two", "three"):
        keys.make(NewKey(name, ("ask",)), "me")
    for trigger in ("acts_stay", "acts_remain"):
        forge(f"DROP TRIGGER {trigger}{' ON acts' if url else ''}")
    forge(forged)
    assert keys.ledger.broken() == first


def test_what_cannot_be_noted_is_not_done(keys: LedgerKeys, forge: Callable[[str], None], url: str | None) -> None:
    if url:
        forge("ALTER TABLE acts ADD CONSTRAINT full_disk CHECK (number < 0) NOT VALID")
    else:
        forge("CREATE TRIGGER full BEFORE INSERT ON acts BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(LedgerError, match="nothing was changed"):
        keys.make(ASK, "me")
    assert keys.listed() == []


def test_those_known_hold_while_the_file_is_locked(path: Path) -> None:
    keys = LedgerKeys(Ledger(path))
    _, secret = keys.make(ASK, "me")
    assert keys.find(secret)
    with sqlite3.connect(path) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert keys.find(secret)


def test_many_threads_note_in_one_chain(keys: LedgerKeys, ledger: Open) -> None:
    def make() -> None:
        own = LedgerKeys(ledger())
        for n in range(5):
            own.make(NewKey(f"{n}", ("ask",)), "thread")

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys.ledger.acts()) == 20
    assert keys.ledger.broken() is None


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 20)
    with pytest.raises(LedgerError, match="OUTLINE_QA_ACCESS__PATH"):
        Ledger(tmp_path / "broken.sqlite")


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_those_known_hold_while_the_server_is_away(
    postgres: Postgres,
    ledger: Open,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    keys = LedgerKeys(ledger())
    _, secret = keys.make(ASK, "me")
    postgres.stop()
    try:
        assert within(20, lambda: "those known hold on" in caplog.text)
        assert keys.find(secret)
        assert keys.any()
        with pytest.raises(LedgerError, match=r"PostgreSQL at '127\.0\.0\.1/.*nothing was changed"):
            keys.make(ASK, "me")
        with pytest.raises(LedgerError, match="OUTLINE_QA_ACCESS__URL"):
            ledger()
    finally:
        postgres.start()
    other, second = LedgerKeys(ledger()).make(ASK, "other")
    assert within(20, lambda: keys.find(second) is not None)
    keys.revoke(other.id, "me")
    assert keys.find(second) is None


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
def test_replicas_that_start_at_once_make_the_tables_once(ledger: Open) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len([*pool.map(lambda _: ledger().acts(), range(8))]) == 8


@pytest.mark.parametrize("table", ["keys", "secrets", "acts"])
def test_the_server_has_the_columns_of_the_file(postgres: Postgres, path: Path, table: str) -> None:
    url = postgres.database()
    Ledger(path, url).close()
    Ledger(path).close()
    wanted = "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'"
    with psycopg.connect(url) as server, closing(sqlite3.connect(path)) as file:
        there = {name for (name,) in server.execute(wanted, [table])}
        assert there == {row[1] for row in file.execute(f"PRAGMA table_info({table})")}


def test_another_address(path: Path) -> None:
    with pytest.raises(ValueError, match=r"access\.url is of 'mysql'; give postgresql://"):
        Ledger(path, "mysql://qa:s3cret@x/y")
