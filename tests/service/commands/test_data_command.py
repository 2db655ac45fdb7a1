"""`outline-qa data`: what is kept of somebody is shown and erased in the files, beside a service or without one."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.database import Postgres
from service.__main__ import main
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.principal import mark
from service.serve.postgres import PostgresStore
from service.serve.shelf import AnswerStore
from service.serve.store import Kept, Store
from tests.support.postgres import postgres

__all__ = ["postgres"]

MINE, OTHERS = "我的合同编号是多少", "怎么除垢？"


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnswerStore]:
    """A store as the settings name it, with answers of two sessions, a key and a learner of the provider."""
    monkeypatch.setenv("OUTLINE_QA_ACCESS__PATH", str(tmp_path / "access.sqlite"))
    monkeypatch.setenv("OUTLINE_QA_STORE__CANDIDATES", str(tmp_path / "candidates.jsonl"))
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.database()
        monkeypatch.setenv("OUTLINE_QA_STORE__URL", url)
        made: AnswerStore = PostgresStore(url, 30)
    else:
        monkeypatch.setenv("OUTLINE_QA_STORE__PATH", str(tmp_path / "store.sqlite"))
        made = Store(tmp_path / "store.sqlite", keep_days=30)
    for id, question, session, who in (
        ("a-1", MINE, "s-1", mark("key:k-1")),
        ("a-2", OTHERS, "s-1", mark("subject:learner")),
        ("a-3", OTHERS, "s-2", None),
    ):
        body = json.dumps({"id": id, "answer": question, "timings_ms": {}}, ensure_ascii=False)
        made.keep_all([Kept(id, question, body, session, time.time(), None, who)])
    yield made
    made.close()


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main(["data", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("whose", "answers"),
    [
        (("--session", "s-1"), ["a-1", "a-2"]),
        (("--key", "k-1"), ["a-1"]),
        (("--subject", "learner"), ["a-2"]),
        (("--session", "k-1"), []),
    ],
)
def test_export_and_erase(
    store: AnswerStore, capsys: pytest.CaptureFixture[str], whose: tuple[str, str], answers: list[str]
) -> None:
    assert [each["answer_id"] for each in told(capsys, "export", *whose)] == answers
    (act,) = told(capsys, "erase", *whose)
    assert (act["act"], act["after"]["answers"]) == ("data.erase", len(answers))
    assert act["who"].startswith("command:uid-")
    assert whose[1] not in json.dumps(act)
    assert told(capsys, "export", *whose) == []
    assert [id for id in ("a-1", "a-2", "a-3") if store.find(id)] == sorted({"a-1", "a-2", "a-3"} - set(answers))


def test_it_takes_the_queue_with_it_and_the_record_stays_whole(
    store: AnswerStore, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "access.sqlite")
    LedgerKeys(ledger).make(NewKey("one", ("ask",)), "test")
    queue = tmp_path / "candidates.jsonl"
    rows = [{"question": MINE, "why": "rated down once"}, {"question": "怎样保养？", "why": f"understood as: {MINE}"}]
    queue.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    (act,) = told(capsys, "erase", "--key", "k-1")
    assert act["after"]["candidates"] == 2
    assert not queue.read_text("utf-8")
    assert ledger.broken() is None
    assert main(["keys", "audit"]) == 0
    assert MINE not in capsys.readouterr().out


def test_a_store_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OUTLINE_QA_STORE__PATH", str(tmp_path / "none.sqlite"))
    monkeypatch.setenv("OUTLINE_QA_ACCESS__PATH", str(tmp_path / "access.sqlite"))
    assert main(["data", "erase", "--session", "s-1"]) != 0
    assert "none.sqlite" in capsys.readouterr().err
    assert not (tmp_path / "none.sqlite").exists()
