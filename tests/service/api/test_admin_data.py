"""/v1/admin/data on a running service: all that is kept of somebody is shown, and goes, with a proof."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from benchmarks.database import Postgres
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.settings import AccessSettings
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings, StoreSettings
from tests.support.postgres import postgres

__all__ = ["postgres"]

MINE, OTHERS, COMMENT = "什么是 LoRA？", "什么是 RAG？", "我要的不是这个"
NEVER = "从来没有人问过的问题"


class Desk:
    """A service with two readers' keys and an admin's."""

    def __init__(self, client: TestClient, keys: LedgerKeys, queue: Path) -> None:
        self.client, self.queue = client, queue
        (self.one, self._one), (_, self._other), (_, self._admin) = (
            keys.make(NewKey(name, rights), "test")  # type: ignore[arg-type]
            for name, rights in (("one", ("ask", "feedback")), ("other", ("ask",)), ("admin", ("admin", "eval")))
        )

    def ask(self, question: str, session: str, other: bool = False) -> str:
        secret = self._other if other else self._one
        reply = self._post("/v1/ask", {"question": question, "session_id": session}, secret)
        assert reply.status_code == 200, reply.text
        return str(reply.json()["id"])

    def rate(self, answer_id: str) -> None:
        body = {"answer_id": answer_id, "rating": "down", "comment": COMMENT}
        assert self._post("/v1/feedback", body, self._one).is_success

    def data(self, does: str, kind: str, name: str) -> Any:
        reply = self._post(f"/v1/admin/data/{does}", {"kind": kind, "name": name}, self._admin)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def exported(self, kind: str, name: str) -> list[str]:
        return [each["answer_id"] for each in self.data("export", kind, name)["answers"]]

    def made(self) -> int:
        """How often an answer was made, not taken from memory."""
        text = self.client.get("/metrics", headers=_bearer(self._admin)).text
        (line,) = (line for line in text.splitlines() if line.startswith('outline_qa_cache_total{result="new"}'))
        return int(float(line.split()[-1]))

    def acts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get("/v1/admin/audit", headers=_bearer(self._admin)).json()["acts"]
        return found

    def tried(self, does: str, admin: bool = False) -> Any:
        """Return the reply, whatever it is."""
        body = {"kind": "session", "name": "s-1"}
        return self._post(f"/v1/admin/data/{does}", body, self._admin if admin else self._one)

    def _post(self, path: str, body: object, secret: str) -> Any:
        return self.client.post(path, json=body, headers=_bearer(secret))


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


Open = Callable[[StoreSettings], Desk]


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    own = StoreSettings(path=tmp_path / "store.sqlite", candidates=tmp_path / "candidates.jsonl")
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return own.model_copy(update={"url": SecretStr(server.database())})
    return own


@pytest.fixture
def open_desk(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, tmp_path: Path) -> Iterator[Open]:
    clients: list[TestClient] = []

    def opened(store: StoreSettings) -> Desk:
        path = tmp_path / "access.sqlite"
        own = settings.model_copy(update={"store": store, "access": AccessSettings(path=path)})
        client = TestClient(create_app(Service(own, embedder)))
        clients.append(client.__enter__())
        return Desk(client, LedgerKeys(Ledger(path)), store.candidates)

    yield opened
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def desk(open_desk: Open, store: StoreSettings) -> Desk:
    return open_desk(store)


def queue(path: Path, *questions: str, why: str = "rated down once") -> None:
    rows = [{"question": question, "why": why} for question in questions]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def test_a_session_is_shown_whole_and_alone(desk: Desk) -> None:
    mine, others = desk.ask(MINE, "s-1"), desk.ask(OTHERS, "s-2")
    desk.rate(mine)
    (shown,) = desk.data("export", "session", "s-1")["answers"]
    assert (shown["answer_id"], shown["question"], shown["session_id"]) == (mine, MINE, "s-1")
    assert (shown["rating"], shown["comment"]) == ("down", COMMENT)
    assert shown["reply"]["citations"]
    assert desk.exported("session", "s-2") == [others]
    assert desk.exported("session", "s-3") == []


def test_a_key_is_found_by_what_it_asked_whatever_the_session(desk: Desk) -> None:
    first, _, last = desk.ask(MINE, "s-1"), desk.ask(MINE, "s-1", other=True), desk.ask(OTHERS, "s-2")
    assert desk.exported("key", desk.one.id) == [first, last]
    assert desk.data("erase", "key", desk.one.id)["answers"] == 2
    assert desk.exported("key", desk.one.id) == []
    assert len(desk.exported("session", "s-1")) == 1  # the other key's, of the same session and with the same words


def test_erasing_reaches_the_queue_and_what_is_in_memory(desk: Desk) -> None:
    mine, others = desk.ask(MINE, "s-1"), desk.ask(OTHERS, "s-2")
    desk.rate(mine)
    queue(desk.queue, MINE, OTHERS, NEVER)
    desk.queue.with_name("candidates-decided.jsonl").write_text(
        json.dumps({"question": MINE, "verdict": "accepted"}, ensure_ascii=False) + "\n", "utf-8"
    )
    assert desk.made() == 2
    desk.ask(MINE, "s-4")
    assert desk.made() == 2  # it was kept in memory
    told = desk.data("erase", "session", "s-1")
    assert (told["answers"], told["ratings"], told["candidates"]) == (1, 1, 2)
    left = [json.loads(line)["question"] for line in desk.queue.read_text("utf-8").splitlines()]
    assert left == [OTHERS, NEVER]
    assert not desk.queue.with_name("candidates-decided.jsonl").read_text("utf-8")
    desk.ask(MINE, "s-5")
    assert desk.made() == 3  # and is made anew
    assert desk.exported("session", "s-1") == []
    assert desk.exported("session", "s-2") == [others]


def test_the_proof_is_sealed_and_names_nobody(desk: Desk) -> None:
    answer = desk.ask(MINE, "s-secret")
    act = desk.data("erase", "session", "s-secret")["act"]
    assert act == desk.acts()[-1]
    assert (act["act"], act["after"]["answers"]) == ("data.erase", 1)
    assert act["who"].startswith("key:k-")
    told = json.dumps(desk.acts(), ensure_ascii=False)
    for each in ("s-secret", answer, MINE):
        assert each not in told
    again = desk.data("erase", "session", "s-secret")
    assert (again["answers"], again["act"]["after"]["answers"]) == (0, 0)  # that there was nothing is on record too


def test_the_figures_tell_how_much_is_kept(desk: Desk) -> None:
    def told(name: str) -> float:
        lines = desk.client.get("/metrics", headers=_bearer(desk._admin)).text.splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))

    desk.ask(MINE, "s-1")
    assert desk.exported("session", "s-1")
    assert told("outline_qa_store_bytes") > 8192
    assert told("outline_qa_store_limit_bytes") > told("outline_qa_store_bytes")


def test_only_an_admin_may(open_desk: Open, tmp_path: Path) -> None:
    desk = open_desk(StoreSettings(path=tmp_path / "store.sqlite"))
    desk.ask(MINE, "s-1")
    assert {desk.tried(does).status_code for does in ("export", "erase")} == {403}
    assert len(desk.exported("session", "s-1")) == 1


def test_without_a_store_it_says_so(open_desk: Open, tmp_path: Path) -> None:
    desk = open_desk(StoreSettings(path=tmp_path / "store.sqlite", enabled=False))
    reply = desk.tried("erase", admin=True)
    assert reply.status_code == 503
    assert "OUTLINE_QA_STORE__ENABLED" in reply.json()["detail"]
