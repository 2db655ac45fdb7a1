"""What is kept of somebody, shown and erased, in the store and in what was made of it."""

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.database import Postgres
from service.access.ledger import Ledger
from service.access.principal import Principal, mark_of
from service.serve.erasure import Selection, erased, forget_candidates, forget_texts, last_erasure
from service.serve.postgres import PostgresStore
from service.serve.shelf import AnswerStore
from service.serve.store import Kept, Owner, Store
from tests.support.postgres import postgres

__all__ = ["postgres"]

SECRET = "我的合同编号是多少"


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnswerStore]:
    """Both kinds of store, with the same in them."""
    if request.param == "sqlite":
        made: AnswerStore = Store(tmp_path / "store.sqlite", keep_days=30)
    else:
        server: Postgres = request.getfixturevalue("postgres")
        made = PostgresStore(server.database(), 30)
    yield filled(made)
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store.sqlite", keep_days=30)
    filled(store)
    return store


def filled(store: AnswerStore) -> AnswerStore:
    who = mark_of(Principal("key:k-1", "key"))
    asked = [("a-1", SECRET, "s-1", who), ("a-2", "怎么除垢？", "s-1", None), ("a-3", "怎么除垢？", "s-2", who)]
    for answer_id, question, session, own in asked:
        body = json.dumps({"id": answer_id, "answer": f"{question}的答案", "timings_ms": {}}, ensure_ascii=False)
        store.keep_all([Kept(answer_id, question, body, session, time.time(), None, own)])
    store.rate("a-1", "down", "不是我的合同")
    return store


def test_what_is_kept_is_shown_whole(either: AnswerStore) -> None:
    first, second = either.owned(Selection("session", "s-1").owner)
    assert first["question"] == SECRET
    assert first["comment"] == "不是我的合同"
    assert second["reply"] == {"answer": "怎么除垢？的答案", "id": "a-2", "timings_ms": {}}
    assert [each["answer_id"] for each in either.owned(Selection("key", "k-1").owner)] == ["a-1", "a-3"]
    assert either.owned(Selection("subject", "nobody").owner) == []


def test_what_is_erased_is_gone_and_told(either: AnswerStore) -> None:
    erasure = either.erase(Selection("session", "s-1").owner)
    assert (erasure.answers, erasure.ratings) == (2, 1)
    assert set(erasure.texts) == {SECRET, "怎么除垢？", "不是我的合同"}
    assert either.owned(Selection("session", "s-1").owner) == []
    assert [each["answer_id"] for each in either.owned(Selection("key", "k-1").owner)] == ["a-3"]
    assert not either.rate("a-1", "up", None)


def test_what_is_erased_is_in_no_file(store: Store, tmp_path: Path) -> None:
    erasure = store.erase(Selection("session", "s-1").owner)
    assert (erasure.answers, erasure.ratings) == (2, 1)
    assert erasure.texts == tuple(sorted({SECRET, "怎么除垢？", "不是我的合同"}))
    assert store.owned(Selection("session", "s-1").owner) == []
    assert [each["answer_id"] for each in store.owned(Selection("key", "k-1").owner)] == ["a-3"]
    files = b"".join(path.read_bytes() for path in tmp_path.glob("store.sqlite*"))
    assert SECRET.encode() not in files
    assert "不是我的合同".encode() not in files
    assert "怎么除垢".encode() in files  # another's answer with the same words stays


def test_an_erasure_is_on_record_and_names_nobody(store: Store, tmp_path: Path) -> None:
    ledger, selection = Ledger(tmp_path / "access.sqlite"), Selection("session", "s-1")
    act = erased(ledger, "key:k-9", selection, store.erase(selection.owner), 0)
    assert (act.act, act.after and act.after["answers"]) == ("data.erase", 2)
    assert "s-1" not in json.dumps([act.target, act.after])
    assert (ledger.broken(), last_erasure(ledger)) == (None, act.number)


def test_what_waits_for_the_evaluation_goes_too(tmp_path: Path) -> None:
    queue = tmp_path / "candidates.jsonl"
    rows = [
        {"question": SECRET, "why": "rated down once"},
        {"question": "别的问题", "why": "readers said: 不是我的合同"},
        {"question": "怎样保养？", "why": "rated down once"},
    ]
    queue.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    assert forget_candidates(queue, [SECRET, "不是我的合同"]) == 2
    assert [json.loads(line)["question"] for line in queue.read_text("utf-8").splitlines()] == ["怎样保养？"]
    assert forget_candidates(tmp_path / "none.jsonl", [SECRET]) == 0


def test_nobody_is_named_by_nothing() -> None:
    with pytest.raises(ValueError, match="say whose"):
        Owner().column  # noqa: B018


def test_a_store_of_an_earlier_release_is_taken_over(store: Store, tmp_path: Path) -> None:
    store.close()
    with sqlite3.connect(tmp_path / "store.sqlite") as old:
        old.execute("ALTER TABLE asked DROP COLUMN who")
        old.execute("PRAGMA user_version = 2")
    old.close()
    again = Store(tmp_path / "store.sqlite", keep_days=30)
    assert len(again.owned(Owner(session_id="s-1"))) == 2
    assert again.owned(Owner(who="x")) == []
    again.close()


def test_what_the_shadow_kept_goes_too(tmp_path: Path) -> None:
    record = tmp_path / "shadow.jsonl"
    lines = [
        {"outcome": "same"},
        {"outcome": "text", "question": SECRET},
        {"outcome": "text", "question": "怎么除垢？"},
    ]
    record.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    record.chmod(0o600)
    assert forget_texts([tmp_path / "none.jsonl", record], {SECRET, " "}) == 1
    assert [json.loads(line).get("question") for line in record.read_text("utf-8").splitlines()] == [None, "怎么除垢？"]
    assert record.stat().st_mode & 0o777 == 0o600
