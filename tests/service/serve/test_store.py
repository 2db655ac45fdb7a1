"""What is kept, for how long, in how much room, and who may read it."""

import json
import sqlite3
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from service.serve import postgres as server
from service.serve import store as module
from service.serve.postgres import PostgresStore
from service.serve.shelf import AnswerStore
from service.serve.store import DAY, Kept, Store
from tests.support.postgres import postgres

__all__ = ["postgres"]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(server, "time", clock)
    return clock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "new" / "store.sqlite", keep_days=30, rated_days=365)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnswerStore]:
    """The file and the server: the same contract."""
    made: AnswerStore
    if request.param == "sqlite":
        made = Store(tmp_path / "new" / "store.sqlite", keep_days=30, rated_days=365)
    else:
        made = PostgresStore(request.getfixturevalue("postgres").database(), keep_days=30, rated_days=365)
    yield made
    made.close()


def keep(store: AnswerStore, id: str, question: str = "?", body: str = "{}", session_id: str | None = None) -> None:
    now = vars(module)["time"].time()  # a test may have set it
    store.keep_all([Kept(id, question, body, session_id, now)])


def test_a_rating_belongs_to_its_answer(each: AnswerStore, clock: Clock) -> None:
    keep(each, "a-1", "什么是 LoRA？", '{"id": "a-1", "answer": "…", "timings_ms": {"total": 2.5}}', "s-1")
    keep(each, "a-2", "What is QLoRA?", "{}", None)
    assert each.rate("a-1", "down", "第二步 😕 '; DROP TABLE answers; --")
    assert each.rate("a-2", "up", None)
    (rated,) = each.rated("down")
    assert (rated.answer_id, rated.question) == ("a-1", "什么是 LoRA？")
    assert json.loads(rated.body) == {"id": "a-1", "answer": "…", "timings_ms": {"total": 2.5}}
    assert (rated.comment, rated.created) == ("第二步 😕 '; DROP TABLE answers; --", clock.now)
    assert [one.answer_id for one in each.rated("up")] == ["a-2"]


def test_a_second_rating_takes_the_place_of_the_first(each: AnswerStore) -> None:
    keep(each, "a-1", "?", "{}", None)
    each.rate("a-1", "down", "no")
    each.rate("a-1", "up", None)
    assert each.rated("down") == []
    assert [one.comment for one in each.rated("up")] == [None]


def test_an_answer_is_found_with_what_its_reader_might_read(each: AnswerStore, clock: Clock) -> None:
    given = Kept("a-1", "什么是 LoRA？", '{"id": "a-1", "timings_ms": {}}', "s-1", clock.now, '["hr/*"]')
    each.keep_all([given])
    found = each.find("a-1")
    assert found
    assert json.loads(found.body) == json.loads(given.body)
    assert replace(found, body=given.body) == given
    assert each.find("a-2") is None


def test_a_file_of_the_release_before_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        for statement in module.SCHEMA.replace(",\n    readable TEXT, who TEXT", "").split(";\n"):
            connection.execute(statement)
        connection.execute("INSERT INTO replies VALUES (x'01', '?', '{}')")
        connection.execute("INSERT INTO asked VALUES ('a-1', 1.0, 's-1', x'01', '{}')")
        connection.execute("PRAGMA user_version = 2")
        connection.commit()
    with closing(Store(path, keep_days=30)) as store:
        found = store.find("a-1")
    assert found == Kept("a-1", "?", '{"id":"a-1","timings_ms":{}}', "s-1", 1.0)


def test_an_unknown_answer_cannot_be_rated(each: AnswerStore) -> None:
    assert not each.rate("a-0", "up", None)
    assert each.rated("up") == []


def test_old_answers_are_forgotten_and_rated_ones_later(each: AnswerStore, clock: Clock) -> None:
    keep(each, "old", "?", "{}", None)
    keep(each, "rated", "?", "{}", None)
    each.rate("rated", "down", None)
    clock.now += 29 * DAY
    keep(each, "young", "?", "{}", None)
    assert each.rate("old", "up", None)  # still there
    keep(each, "unrated", "?", "{}", None)
    clock.now += 31 * DAY
    keep(each, "new", "?", "{}", None)
    assert not each.rate("unrated", "up", None)
    assert not each.rate("young", "up", None)
    assert each.rate("new", "up", None)
    clock.now += 310 * DAY
    keep(each, "newer", "?", "{}", None)
    assert [one.answer_id for one in each.rated("down")] == []
    assert {one.answer_id for one in each.rated("up")} == {"old", "new"}


def test_each_reply_is_kept_once(store: Store, tmp_path: Path) -> None:
    body = {"answer": "除垢每三个月做一次。" * 400, "timings_ms": {"total": 0.5}}
    store.keep_all(
        [
            Kept(f"a-{n}", "怎么除垢？", json.dumps(body | {"id": f"a-{n}"}), None, time.time() + n / 1e3)
            for n in range(2000)
        ]
    )
    assert store.bytes < 500_000  # 2,000 bodies of 12 KB would be 24 MB
    with closing(sqlite3.connect(tmp_path / "new" / "store.sqlite")) as reader:
        names = reader.execute("SELECT json_extract(body, '$.id') FROM answers ORDER BY created").fetchall()
    assert [name for (name,) in names] == [f"a-{n}" for n in range(2000)]


def test_its_room_is_bounded_and_rated_answers_go_last(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite", keep_days=30, max_bytes=1 << 20)
    store.keep("rated", "?", json.dumps({"answer": "first"}), None)
    store.rate("rated", "down", None)
    for n in range(400):
        store.keep_all([Kept(f"a-{n}", "?", json.dumps({"answer": f"{n} " * 2000}), None, time.time() + n / 1e3)])
        assert store.bytes <= 1 << 20
    assert store.rate("a-399", "up", None)
    assert not store.rate("a-0", "up", None)
    assert [each.answer_id for each in store.rated("down")] == ["rated"]
    store.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 4 << 20


def test_only_its_owner_may_read_it(store: Store, tmp_path: Path) -> None:
    store.keep("a-1", "?", "{}", None)
    for path in (tmp_path / "new").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_file_that_everybody_may_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    sqlite3.connect(path).close()
    path.touch()
    path.chmod(0o644)
    Store(path, keep_days=1).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_tables_of_an_earlier_release_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            """
            CREATE TABLE answers (
                id TEXT PRIMARY KEY, created REAL NOT NULL, session_id TEXT, question TEXT NOT NULL, body TEXT NOT NULL
            );
            CREATE INDEX answers_created ON answers (created);
            CREATE TABLE feedback (
                answer_id TEXT PRIMARY KEY REFERENCES answers (id), created REAL NOT NULL, rating TEXT NOT NULL,
                comment TEXT
            );
            INSERT INTO answers VALUES ('a-1', 5.0, 's-1', '怎么除垢？', '{"id": "a-1", "answer": "用除垢剂。"}');
            INSERT INTO feedback VALUES ('a-1', 6.0, 'down', '太短');
            """
        )
    for _ in range(2):
        store = Store(path, keep_days=30)
        (rated,) = store.rated("down")
        assert (rated.question, rated.comment, rated.created) == ("怎么除垢？", "太短", 6.0)
        assert json.loads(rated.body)["answer"] == "用除垢剂。"
        store.close()


def test_threads_share_it_and_a_restart_keeps_all(store: Store, tmp_path: Path) -> None:
    def one(number: int) -> bool:
        store.keep(f"a-{number}", "?", "{}", None)
        return store.rate(f"a-{number}", "up", str(number))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(200)))
    again = Store(tmp_path / "new" / "store.sqlite", keep_days=30)
    assert {each.comment for each in again.rated("up")} == {str(number) for number in range(200)}
    again.close()
