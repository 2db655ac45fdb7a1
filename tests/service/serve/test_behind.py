"""Nobody waits for the store, whatever becomes of it, and what was acknowledged is not lost."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from service.serve import behind as module
from service.serve.behind import NothingKept, StoreUnavailableError, WriteBehind
from service.serve.shelf import FileShelf
from service.serve.store import Kept, Store


def answer(name: str, body: str = "{}") -> Kept:
    return Kept(name, "怎么除垢？", body, None, time.time())


def opened(path: Path) -> Store:
    return Store(path, keep_days=30, patience=0.05)


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST", 0.02)
    monkeypatch.setattr(module, "LONGEST", 0.05)


def test_a_rating_comes_after_its_answer(tmp_path: Path) -> None:
    store = WriteBehind(FileShelf(tmp_path / "new" / "store.sqlite", opened))
    for number in range(500):
        store.keep(answer(f"a-{number}"))
    assert store.rate("a-499", "down", "zu kurz").result(20)
    assert not store.rate("a-500", "down", None).result(20)
    found, none = store.find("a-499").result(20), store.find("a-500").result(20)
    assert (found and found.answer_id, none) == ("a-499", None)
    assert store.problem is None
    store.close()
    again = opened(tmp_path / "new" / "store.sqlite")
    assert [each.comment for each in again.rated("down")] == ["zu kurz"]
    again.close()


def test_what_waits_is_written_at_the_end(tmp_path: Path) -> None:
    store = WriteBehind(FileShelf(tmp_path / "store.sqlite", opened))
    for number in range(1000):
        store.keep(answer(f"a-{number}"))
    store.close(20)
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as reader:
        assert reader.execute("SELECT count(*) FROM answers").fetchone() == (1000,)


def test_a_locked_file_holds_nobody_up_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    opened(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        store = WriteBehind(FileShelf(path, opened))
        store.keep(answer("a-1"))
        until(lambda: store.problem)
        assert "another process holds it" in str(store.problem)
        with pytest.raises(StoreUnavailableError, match="another process"):
            store.rate("a-1", "up", None).result(20)
        other.rollback()
    until(lambda: store.problem is None)
    assert store.rate("a-1", "up", None).result(20)
    store.close()


@pytest.mark.parametrize("damage", ["other bytes", "cut", "garbled"])
def test_a_damaged_file_is_put_aside_and_a_new_one_begun(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "store.sqlite"
    old = opened(path)
    old.keep_all([answer(f"a-{number}", f'{{"answer": "{number}"}}') for number in range(2000)])
    old.close()
    whole = path.read_bytes()
    match damage:
        case "other bytes":
            path.write_bytes(b"these are not the bytes of a database, by far" * 100)
        case "cut":
            path.write_bytes(whole[: len(whole) // 3])
        case "garbled":
            path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    damaged = path.read_bytes()
    store = WriteBehind(FileShelf(path, opened))
    store.keep(answer("a-new"))
    until(lambda: "put aside" in str(store.problem))
    until(lambda: not store.waiting)
    (aside,) = tmp_path.glob("store.sqlite.damaged-*Z")
    assert aside.read_bytes() == damaged
    assert repr(str(aside)) in str(store.problem)
    assert store.rate("a-new", "up", None).result(20)
    for each in tmp_path.glob("store.sqlite.damaged-*"):
        each.unlink()
    assert store.problem is None  # once somebody has looked after it
    store.close()


def test_a_full_disk_is_said_and_got_over(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    most = 12

    def tight(path: Path) -> Store:
        store = opened(path)
        store._connection.execute(f"PRAGMA max_page_count = {most}")
        return store

    lost: list[int] = []
    store = WriteBehind(FileShelf(path, tight), lost.append)
    store.keep(answer("a-1", f'{{"answer": "{"x" * 90_000}"}}'))
    until(lambda: store.problem)
    assert "the disk is full; free some space" in str(store.problem)
    most = 1000
    until(lambda: store.problem is None)
    assert store.rate("a-1", "up", None).result(20)
    store.close()
    assert lost == []


def test_a_file_that_cannot_be_made_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    lost: list[int] = []
    store = WriteBehind(FileShelf(tmp_path / "file" / "store.sqlite", opened), lost.append)
    store.keep(answer("a-1"))
    until(lambda: store.problem)
    assert "set store.path to another file" in str(store.problem)
    store.close(1)
    assert sum(lost) == 1


def test_what_waits_is_bounded_in_number_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    lost: list[int] = []
    store = WriteBehind(FileShelf(tmp_path / "file" / "store.sqlite", opened), lost.append)
    until(lambda: store.problem)
    monkeypatch.setattr(module, "WAITING", 10)
    for number in range(12):
        store.keep(answer(f"a-{number}"))
    assert (store.waiting, sum(lost)) == (10, 2)
    monkeypatch.setattr(module, "WAITING", 4096)
    monkeypatch.setattr(module, "BYTES", 1000)
    store.keep(answer("long", "x" * 1000))
    assert sum(lost) == 3
    store.close(1)
    assert sum(lost) == 13


def test_where_nothing_is_kept_no_answer_is_known() -> None:
    store = NothingKept()
    store.keep(answer("a-1"))
    assert store.rate("a-1", "up", None).result() is False
    assert (store.problem, store.waiting) == (None, 0)
