"""A candidate beside the current index: who gets it, what is compared, and how it becomes current or goes."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.__main__ import ensure
from ingest.__main__ import main as ingest
from ingest.index.snapshot import Snapshot
from ingest.index.versions import CANDIDATE, PREVIOUS, Versions
from ingest.models.embedder import Embedder
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.settings import AccessSettings
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings, StoreSettings, TrialSettings

NOTE = "# 测试笔记\n\n## 海星协议\n\n海星协议让五个节点轮流发言，每轮由编号最小的节点开始。\n"
NEW, OLD = "海星协议由谁开始发言？", "什么是 LoRA？"
SECONDS = 60


@pytest.fixture(scope="module")
def made(
    settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory
) -> ServiceSettings:
    """Settings over a copy of the index, with a candidate that has a note more."""
    folder = tmp_path_factory.mktemp("trial")
    shutil.copytree(settings.index, folder / "index")
    (folder / "notes").mkdir()
    (folder / "notes" / "starfish.md").write_text(NOTE, encoding="utf-8")
    own = settings.model_copy(update={"index": folder / "index", "corpus": [*settings.corpus, folder / "notes"]})
    ensure(own, embedder, versions=Versions(own.index, CANDIDATE))
    return own


@pytest.fixture
def versions(made: ServiceSettings, tmp_path: Path) -> Versions:
    shutil.copytree(made.index, tmp_path / "index")
    return Versions(tmp_path / "index")


Open = Callable[..., TestClient]


@pytest.fixture
def serve(settings: ServiceSettings, embedder: Embedder, versions: Versions, tmp_path: Path) -> Iterator[Open]:
    clients: list[TestClient] = []

    def opened(share: float = 0, shadow: float = 0) -> TestClient:
        own = settings.model_copy(
            update={
                "index": versions.root,
                "watch_seconds": 0.05,
                "trial": TrialSettings(share=share, shadow=shadow),
                "access": AccessSettings(path=tmp_path / "access.sqlite", per_minute=None),
                "store": StoreSettings(path=tmp_path / "store.sqlite"),
            }
        )
        client = TestClient(create_app(Service(own, embedder)))
        clients.append(client.__enter__())
        return client

    yield opened
    for client in clients:
        client.__exit__(None, None, None)


def count(client: TestClient, name: str, label: str, headers: dict[str, str] | None = None) -> float:
    lines = client.get("/metrics", headers=headers).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name) and label in line)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_build_makes_a_candidate_and_leaves_the_current_version(versions: Versions, snapshot: Snapshot) -> None:
    assert versions.current() == snapshot.manifest.version
    assert versions.candidate() not in (None, versions.current())


def test_what_differs_is_counted_and_not_shown(serve: Open, snapshot: Snapshot) -> None:
    client = serve(shadow=1)
    asked = client.post("/v1/ask", json={"question": NEW}).json()
    assert (asked["status"], asked["index_version"]) == ("not_in_documents", snapshot.manifest.version)
    until(lambda: count(client, "outline_qa_shadow_total", 'outcome="status"') == 1)
    client.post("/v1/ask", json={"question": OLD})
    until(lambda: count(client, "outline_qa_shadow_total", 'outcome="same"') == 1)
    assert count(client, "outline_qa_trial_answers_total", 'arm="candidate"') == 0
    client.post("/v1/ask", json={"question": OLD})  # kept, so nothing is made anew to compare
    assert count(client, "outline_qa_shadow_total", "outcome") == 2


@pytest.mark.slow
def test_each_key_has_one_version_at_every_door(serve: Open, versions: Versions, tmp_path: Path) -> None:
    client, keys = serve(share=0.5), LedgerKeys(Ledger(tmp_path / "access.sqlite"))
    seen = []
    for n in range(16):
        _, secret = keys.make(NewKey(f"k{n}", ("ask", "search", "read")), "test")
        head = {"Authorization": f"Bearer {secret}"}
        found = client.post("/v1/search", json={"query": NEW}, headers=head).json()["index_version"]
        again = client.post("/v1/search", json={"query": OLD}, headers=head).json()["index_version"]
        note = client.get("/v1/documents/starfish.md", params={"start": 0, "end": 3}, headers=head)
        assert found == again
        assert (note.status_code == 200) is (found == versions.candidate())
        seen.append(found)
    assert set(seen) == {versions.current(), versions.candidate()}


def test_all_get_it_until_it_is_withdrawn(serve: Open, versions: Versions) -> None:
    client, candidate = serve(share=1), versions.candidate()
    assert client.post("/v1/ask", json={"question": NEW}).json()["status"] == "answered"
    assert count(client, "outline_qa_trial_answers_total", 'arm="candidate"') == 1
    versions.withdraw()
    asked = {"query": OLD}
    until(lambda: client.post("/v1/search", json=asked).json()["index_version"] == versions.current())
    assert versions.current() != candidate


def test_a_damaged_candidate_is_tried_by_nobody(
    serve: Open, versions: Versions, caplog: pytest.LogCaptureFixture
) -> None:
    candidate = versions.candidate()
    assert candidate
    path = versions.folder(candidate) / "chunks.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    client = serve(share=1, shadow=1)
    assert client.post("/v1/search", json={"query": OLD}).json()["index_version"] == versions.current()
    assert "the candidate is not tried" in caplog.text
    assert client.get("/readyz").json()["status"] == "ready"


def test_promoted_and_taken_back_by_command(
    serve: Open, versions: Versions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OUTLINE_QA_INDEX", str(versions.root))
    before, candidate = versions.current(), versions.candidate()
    assert ingest(["rollback"]) == 1  # nothing was promoted
    assert ingest(["promote"]) == 0
    assert (versions.current(), versions.candidate()) == (candidate, None)
    client = serve(share=1)
    assert client.post("/v1/ask", json={"question": NEW}).json()["index_version"] == candidate
    assert ingest(["rollback", "--within-hours", "0"]) == 1
    assert versions.current() == candidate
    assert ingest(["rollback"]) == 0
    assert versions.current() == before
    until(lambda: client.post("/v1/search", json={"query": OLD}).json()["index_version"] == before)
    assert not (versions.root / PREVIOUS).exists()
    assert ingest(["promote"]) == 1
    assert "build --candidate" in capsys.readouterr().err


def test_a_build_after_a_promotion_is_not_taken_back(versions: Versions) -> None:
    before = versions.current()
    versions.promote()
    assert before
    versions.point(before)  # somebody made another version current since
    with pytest.raises(Exception, match="was not promoted"):
        versions.demote(SECONDS)
