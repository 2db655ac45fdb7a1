"""Two replicas behind nginx with the example's configuration, which share PostgreSQL and Redis; one is killed."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from benchmarks.database import Postgres
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.principal import Allowance
from service.access.rights import RIGHTS
from tests.support.nginx import FOUND, open_nginx
from tests.support.paths import ROOT
from tests.support.postgres import postgres
from tests.support.redis import RedisServer, free_port, redis_server
from tests.support.tiny_index import index

__all__ = ["postgres", "redis_server"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not FOUND, reason="nginx is not installed")]
ORIGIN = "https://site.example"
SECONDS, A_SECOND = 12.0, 20  # of questions, and how many
KILLED = 4.0  # seconds after the first


@dataclass
class Fleet:
    """Two replicas and what is in front of them."""

    url: str
    replicas: dict[str, subprocess.Popen[bytes]]
    keys: LedgerKeys
    secret: str
    client: httpx.Client  # one for all: making one takes longer than an answer

    def ask(self, url: str, question: str, **more: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.secret}", **more}
        return self.client.post(f"{url}/v1/ask", json={"question": question}, headers=headers)

    def counted(self, name: str) -> float:
        """The sum of a counter over the replicas that live."""
        pages = [self.client.get(f"{url}/metrics", headers=self.admin).raise_for_status().text for url in self.alive]
        lines = [line for page in pages for line in page.splitlines() if line.startswith(f"{name}{{")]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    @property
    def alive(self) -> list[str]:
        return [url for url, process in self.replicas.items() if process.poll() is None]

    @property
    def admin(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


@pytest.fixture
def fleet(postgres: Postgres, redis_server: RedisServer, tmp_path: Path) -> Iterator[Fleet]:
    index(tmp_path, manual="# 保养\n\n除垢每三个月做一次。\n\n# 水箱\n\n水箱的水每天换一次。\n")
    url = postgres.database()
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "OUTLINE_QA_INDEX": str(tmp_path / "index"),
        "OUTLINE_QA_RERANK": '{"kind": "none"}',
        "OUTLINE_QA_STORE__URL": url,
        "OUTLINE_QA_ACCESS__URL": url,
        "OUTLINE_QA_ACCESS__PER_MINUTE": "100000",
        "OUTLINE_QA_ACCESS__STORAGE": redis_server.address,
        "OUTLINE_QA_ANSWER__WAIT_SECONDS": "30",  # how fast this machine is, is not what is asked
        "OUTLINE_QA_ANSWER__STORAGE": redis_server.address,
        "OUTLINE_QA_UPLOADS__URL": url,
        "OUTLINE_QA_UPLOADS__PATH": str(tmp_path / "documents"),
        "OUTLINE_QA_WIDGET__SECRET": "shared",
        "OUTLINE_QA_WIDGET__ORIGINS": json.dumps([ORIGIN]),
        "OUTLINE_QA_PROXIES": '["127.0.0.1"]',
    }
    ledger = Ledger(tmp_path / "none", url)
    keys = LedgerKeys(ledger)
    _, secret = keys.make(NewKey("test", RIGHTS, allowance=Allowance(None, 1000)), "test")
    ports = [free_port(), free_port()]
    with ExitStack() as stack:
        stack.callback(ledger.close)
        replicas = {}
        for port in ports:
            command = [sys.executable, "-m", "tests.support.replica", str(port)]
            process = subprocess.Popen(command, cwd=tmp_path, env=environment)
            stack.callback(process.wait)
            stack.callback(process.kill)
            replicas[f"http://127.0.0.1:{port}"] = process
        front = free_port()
        (tmp_path / "front").mkdir()
        stack.enter_context(open_nginx(tmp_path / "front", front, ports))
        for url in replicas:
            assert within(90, lambda url=url: ready(url)), f"{url} is not ready"  # type: ignore[misc]
        limits = httpx.Limits(max_keepalive_connections=0)  # as visitors, of whom each comes by a connection of its own
        client = stack.enter_context(httpx.Client(timeout=60, limits=limits, trust_env=False))
        yield Fleet(f"http://127.0.0.1:{front}", replicas, keys, secret, client)


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def test_a_killed_replica_loses_no_request(fleet: Fleet) -> None:
    """Each question is another one; a client whose first try fails has one more, when Retry-After says."""
    failed: list[str] = []

    def ask(number: int) -> int:
        time.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
        question = f"除垢多久做一次？{number}"
        try:
            reply = fleet.ask(fleet.url, question)
            if reply.status_code == 200:
                return 200
            if reply.status_code != 429:
                failed.append(f"{reply.status_code}")
            time.sleep(int(reply.headers.get("Retry-After", "1")))
        except httpx.TransportError as error:
            failed.append(type(error).__name__)
        return fleet.ask(fleet.url, question).status_code

    for url in fleet.replicas:
        fleet.ask(url, "水箱的水多久换一次？")  # the first question loads word lists
    began = time.monotonic()
    victim = next(iter(fleet.replicas.values()))
    killer = threading.Timer(KILLED, victim.kill)
    killer.start()
    with ThreadPoolExecutor(64) as pool:
        statuses = list(pool.map(ask, range(int(SECONDS * A_SECOND))))
    killer.join()
    assert victim.poll() is not None
    assert statuses == [200] * len(statuses)
    # nginx asks the other replica itself; a client notices at most those whose replies had begun.
    assert len(failed) <= 2, failed


def test_what_is_shared_holds_across_both(fleet: Fleet) -> None:
    one, other = fleet.replicas
    # One makes an answer, the other gives it again; either finds and rates it.
    first = fleet.ask(one, "除垢多久做一次？").json()
    made = fleet.counted("outline_qa_answers_total")
    second = fleet.ask(other, "除垢多久做一次？").json()
    assert fleet.counted("outline_qa_answers_total") == made == 1
    assert (second["answer"], second["citations"]) == (first["answer"], first["citations"])
    assert second["id"] != first["id"]
    rating = {"answer_id": first["id"], "rating": "up"}
    assert within(20, lambda: fleet.client.post(f"{other}/v1/feedback", json=rating, headers=fleet.admin).is_success)
    # Who asks both the same at once gets one generation.
    with ThreadPoolExecutor(8) as pool:
        same = list(pool.map(lambda url: fleet.ask(url, "水箱的水多久换一次？").json()["answer"], [one, other] * 4))
    assert len(set(same)) == 1
    assert fleet.counted("outline_qa_answers_total") == 2
    # A limit counts what is asked of either.
    key, secret = fleet.keys.make(NewKey("slow", ("ask",), allowance=Allowance(per_minute=4)), "test")
    bearer = {"Authorization": f"Bearer {secret}"}
    known = [f"{url}/v1/models" for url in (one, other)]  # no question, so it is not counted
    assert within(20, lambda: all(fleet.client.get(url, headers=bearer).is_success for url in known))
    asked = [fleet.ask(url, "水箱", **bearer).status_code for url in (one, other) * 3]
    assert asked == [200] * 4 + [429] * 2
    # A revoked key opens neither; a page's token opens both.
    fleet.keys.revoke(key.id, "test")
    assert within(20, lambda: all(fleet.ask(url, "水箱", **bearer).status_code == 401 for url in (one, other)))
    token = fleet.client.post(f"{one}/v1/token", headers={"Origin": ORIGIN}).json()["token"]
    page = {"Origin": ORIGIN, "Authorization": f"Bearer {token}"}
    assert [fleet.ask(url, "水箱", **page).status_code for url in (one, other)] == [200, 200]
    # A job that one was given the other shows, and one of them does.
    job = fleet.client.post(f"{one}/v1/admin/jobs", headers=fleet.admin).json()["id"]
    shown = fleet.client.get(f"{other}/v1/admin/jobs/{job}", headers=fleet.admin)
    assert shown.json()["id"] == job


def test_streams_pass_as_they_come(fleet: Fleet) -> None:
    body = {"question": "除垢多久做一次？", "stream": True}
    with fleet.client.stream("POST", f"{fleet.url}/v1/ask", json=body, headers=fleet.admin) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        kinds = [line.removeprefix("event: ") for line in reply.iter_lines() if line.startswith("event: ")]
    assert kinds[0] == "meta"
    assert kinds[-1] in {"done"}
