from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.serve import store as module
from service.serve.store import DAY, Store


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "new" / "store.sqlite", keep_days=30)
    yield store
    store.close()


def test_a_rating_belongs_to_its_answer(store: Store, clock: Clock) -> None:
    store.keep("a-1", "什么是 LoRA？", '{"answer": "…"}', "s-1")
    store.keep("a-2", "What is QLoRA?", "{}", None)
    assert store.rate("a-1", "down", "第二步 😕 '; DROP TABLE answers; --")
    assert store.rate("a-2", "up", None)
    (rated,) = store.rated("down")
    assert (rated.answer_id, rated.question, rated.body) == ("a-1", "什么是 LoRA？", '{"answer": "…"}')
    assert (rated.comment, rated.created) == ("第二步 😕 '; DROP TABLE answers; --", clock.now)
    assert [each.answer_id for each in store.rated("up")] == ["a-2"]


def test_a_second_rating_takes_the_place_of_the_first(store: Store) -> None:
    store.keep("a-1", "?", "{}", None)
    store.rate("a-1", "down", "no")
    store.rate("a-1", "up", None)
    assert store.rated("down") == []
    assert [each.comment for each in store.rated("up")] == [None]


def test_an_unknown_answer_cannot_be_rated(store: Store) -> None:
    assert not store.rate("a-0", "up", None)
    assert store.rated("up") == []


def test_old_answers_are_forgotten_but_for_rated_ones(store: Store, clock: Clock) -> None:
    store.keep("old", "?", "{}", None)
    store.keep("rated", "?", "{}", None)
    store.rate("rated", "down", None)
    clock.now += 29 * DAY
    store.keep("young", "?", "{}", None)
    assert store.rate("old", "up", None)  # still there
    store.keep("unrated", "?", "{}", None)
    clock.now += 31 * DAY
    store.keep("new", "?", "{}", None)
    assert not store.rate("unrated", "up", None)
    assert not store.rate("young", "up", None)
    assert store.rate("rated", "up", None)
    assert store.rate("new", "up", None)


def test_threads_share_it_and_a_restart_keeps_all(store: Store, tmp_path: Path) -> None:
    def one(number: int) -> bool:
        store.keep(f"a-{number}", "?", "{}", None)
        return store.rate(f"a-{number}", "up", str(number))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(200)))
    again = Store(tmp_path / "new" / "store.sqlite", keep_days=30)
    assert {each.comment for each in again.rated("up")} == {str(number) for number in range(200)}
    again.close()


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"these are not the bytes of a database, by far" * 100)
    with pytest.raises(OSError, match=r"cannot keep answers in '.*store\.sqlite': .*; set store\.path"):
        Store(path, keep_days=1)
