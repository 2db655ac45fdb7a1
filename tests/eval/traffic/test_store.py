"""The service's store is read alike from a file and from PostgreSQL, and never written to."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.database import Postgres
from eval.__main__ import main
from eval.grow.feedback import read as complaints
from eval.traffic import store as read_only
from eval.traffic.live import sampled
from eval.traffic.samples import read
from eval.traffic.store import StoreError, rows
from service.serve.postgres import PostgresStore
from service.serve.shelf import AnswerStore
from service.serve.store import Kept, Store
from tests.support.postgres import postgres

__all__ = ["postgres"]

NOW = time.time()


def filled(made: AnswerStore) -> None:
    for n in range(4):
        cited: dict[str, object] = {
            "n": 1,
            "entry_id": None,
            "document": "d.md",
            "heading_path": [],
            "start": 0,
            "end": 2,
            "quote": "答案",
        }
        reply = {
            "id": f"a-{n}",
            "status": "answered",
            "answer": f"第 {n} 个\0 “答案”\n[1]",
            "citations": [cited],
            "generator": "extractive",
            "index_version": "v",
            "degraded": None,
            "timings_ms": {"first": 12.5},
            "query": "什么?",
        }
        made.keep_all([Kept(f"a-{n}", f"问题 {n}'; --%s", json.dumps(reply), f"s-{n % 2}", NOW - 100 + n)])
    made.rate("a-2", "down", "不对")
    made.rate("a-3", "up", None)


@pytest.fixture(params=["file", "server"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[read_only.Store]:
    if request.param == "file":
        path = tmp_path / "store.sqlite"
        made: AnswerStore = Store(path, keep_days=30)
        found = read_only.named(str(path))
    else:
        server: Postgres = request.getfixturevalue("postgres")
        address = server.database()
        made = PostgresStore(address, 30)
        found = read_only.named(address)
    filled(made)
    yield found
    made.close()


def test_what_is_asked_of_it_is_the_same(either: read_only.Store) -> None:
    live = sampled(either, NOW - 98.5, 1.0)
    assert [(row.question.id, row.question.question) for row in live] == [
        ("a-2", "问题 2'; --%s"),
        ("a-3", "问题 3'; --%s"),
    ]
    assert live[0].answer == "第 2 个\0 “答案”\n[1]"
    assert live[0].timings_ms == {"first": 12.5}
    assert live[0].figures["whole"] == 1.0
    assert [(each.visitor, each.rating, each.first_ms) for each in read(either)] == [
        ("s-0", None, 12.5),
        ("s-1", None, 12.5),
        ("s-0", "down", 12.5),
        ("s-1", "up", 12.5),
    ]
    (complaint,) = complaints(either)
    assert (complaint.question, complaint.searched, complaint.comment) == ("问题 2'; --%s", "什么?", "不对")


def test_the_command_takes_it(either: read_only.Store, tmp_path: Path) -> None:
    own = ["--share", "1", "--folder", str(tmp_path / "eval"), "--embedder", str(tmp_path / "none")]
    assert main(["live", "--store", str(either), *own]) == 0
    assert "outline_qa_live_answers 4\n" in (tmp_path / "eval" / "live.prom").read_text("utf-8")


def test_it_cannot_be_written_to(either: read_only.Store) -> None:
    for table in ("asked", "feedback"):
        with pytest.raises(StoreError, match="cannot read"):
            rows(either, f"SELECT 1; DELETE FROM {table}")
    with pytest.raises(StoreError, match="cannot read"):
        rows(either, "SELECT no_such_column FROM answers")
    assert len(read(either)) == 4


def test_a_server_that_is_away_is_named_without_its_password(capsys: pytest.CaptureFixture[str]) -> None:
    address = "postgresql://qa:s3cret@127.0.0.1:9/answers"
    assert main(["live", "--store", address]) == 2
    told = capsys.readouterr().err
    assert "127.0.0.1/answers" in told
    assert "s3cret" not in told
