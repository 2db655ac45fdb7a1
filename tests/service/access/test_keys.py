"""Keys as they are kept: a secret is nowhere, changes are noted, another process is seen."""

import sqlite3
import threading
from pathlib import Path

import pytest
from freezegun import freeze_time

from service.access.keys import MARK, KeysError, NewKey, SqliteKeys
from service.access.ledger import Ledger, LedgerError
from service.access.principal import Allowance

ASK = NewKey("help desk", ("ask", "read"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "access.sqlite"


@pytest.fixture
def keys(path: Path) -> SqliteKeys:
    return SqliteKeys(Ledger(path))


def test_a_key_is_found_by_its_secret_alone(keys: SqliteKeys) -> None:
    assert not keys.any()
    key, secret = keys.make(ASK, "me")
    assert secret.startswith(MARK)
    assert len(secret) == len(MARK) + 43
    assert key.prefixes == (secret[:9],)
    assert keys.find(secret) == key
    for wrong in (secret[:-1], secret + "x", secret.swapcase(), MARK, "", "\ud800"):
        assert keys.find(wrong) is None


def test_a_secret_is_kept_nowhere(keys: SqliteKeys, path: Path) -> None:
    _, secret = keys.make(ASK, "me")
    key, rotated = keys.rotate(keys.listed()[0].id, 60, "me")
    keys.find(secret)
    keys.flush()
    files = b"".join(each.read_bytes() for each in path.parent.iterdir())
    for each in (secret, rotated):
        assert each[9:].encode() not in files
        assert each[9:] not in repr(key) + repr(keys.listed()) + repr(keys.ledger.acts())
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_process_is_seen_at_once(keys: SqliteKeys, path: Path) -> None:
    other = SqliteKeys(Ledger(path))
    key, secret = other.make(ASK, "command")
    assert keys.find(secret) is not None
    other.revoke(key.id, "command")
    assert keys.find(secret) is None
    assert keys.any()


def test_expiry_and_rotation(keys: SqliteKeys) -> None:
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


def test_rotation_without_overlap_and_revocation(keys: SqliteKeys) -> None:
    key, secret = keys.make(ASK, "me")
    _, second = keys.rotate(key.id, 0, "me")
    assert keys.find(secret) is None
    assert keys.find(second) is not None
    assert keys.revoke(key.id, "me").revoked == keys.revoke(key.id, "me").revoked
    assert keys.find(second) is None
    assert [act.act for act in keys.ledger.acts()] == ["key.make", "key.rotate", "key.revoke"]


def test_last_used_is_noted_now_and_then(keys: SqliteKeys) -> None:
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
def test_what_no_key_can_be(keys: SqliteKeys, new: NewKey) -> None:
    with pytest.raises(KeysError):
        keys.make(new, "me")
    assert keys.listed() == []
    assert keys.ledger.acts() == []


def test_unknown_keys(keys: SqliteKeys) -> None:
    with pytest.raises(KeysError, match="outline-qa keys list"):
        keys.revoke("k-none", "me")
    with pytest.raises(KeysError):
        keys.rotate("k-none", 0, "me")


def test_limits_of_its_own_come_back(keys: SqliteKeys) -> None:
    _, secret = keys.make(NewKey("slow", ("ask",), ("a.md",), allowance=Allowance(2, 1, 100)), "me")
    key = keys.find(secret)
    assert key is not None
    assert key.principal.allowance == Allowance(2, 1, 100)
    assert key.principal.readable is not None


def test_acts_are_never_changed_or_deleted(keys: SqliteKeys, path: Path) -> None:
    for name in ("one", "two", "three"):
        keys.make(NewKey(name, ("ask",)), "me")
    assert keys.ledger.broken() is None
    with sqlite3.connect(path) as other:
        for statement in ("UPDATE acts SET who = 'you'", "DELETE FROM acts", "REPLACE INTO acts SELECT * FROM acts"):
            with pytest.raises(sqlite3.IntegrityError):
                other.execute(statement)


@pytest.mark.parametrize(
    ("forged", "first"),
    [("UPDATE acts SET after = '{}' WHERE number = 2", 2), ("DELETE FROM acts WHERE number = 1", 1)],
)
def test_a_forged_record_shows(keys: SqliteKeys, path: Path, forged: str, first: int) -> None:
    """Who owns the file can take the triggers away; the seals tell."""
    for name in ("one", "two", "three"):
        keys.make(NewKey(name, ("ask",)), "me")
    with sqlite3.connect(path) as other:
        other.executescript(f"DROP TRIGGER acts_stay; DROP TRIGGER acts_remain; {forged};")
    assert keys.ledger.broken() == first


def test_what_cannot_be_noted_is_not_done(keys: SqliteKeys, path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON acts BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(LedgerError, match="nothing was changed"):
        keys.make(ASK, "me")
    assert keys.listed() == []


def test_those_known_hold_while_the_file_is_locked(keys: SqliteKeys, path: Path) -> None:
    _, secret = keys.make(ASK, "me")
    assert keys.find(secret)
    with sqlite3.connect(path) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert keys.find(secret)


def test_many_threads_note_in_one_chain(keys: SqliteKeys, path: Path) -> None:
    def make() -> None:
        own = SqliteKeys(Ledger(path))
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
