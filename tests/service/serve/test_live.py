import asyncio
import json
import logging
import shutil
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from ingest.__main__ import ensure
from ingest.index.snapshot import Snapshot, SnapshotError
from ingest.index.versions import Versions
from ingest.models.embedder import Embedder
from ingest.pack import Packs
from service.api.app import create_app
from service.bootstrap import Service
from service.serve.live import LiveIndex
from service.serve.renewal import renew_index
from service.settings import AnswerSettings, ServiceSettings
from tests.support.paths import ROOT

CORPUS = ROOT / "ingest/corpus"
NOTE = "# 测试笔记\n\n## 海星协议\n\n海星协议让五个节点轮流发言，每轮由编号最小的节点开始。\n"


@pytest.fixture
def own(settings: ServiceSettings, snapshot: Snapshot, tmp_path: Path) -> ServiceSettings:
    """Settings over a copy of the index, watched closely."""
    shutil.copytree(settings.index, tmp_path / "index")
    return settings.model_copy(update={"index": tmp_path / "index", "watch_seconds": 0.05})


@pytest.fixture(scope="module")
def both(
    settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory
) -> ServiceSettings:
    """Settings over a copy of the index, to which the outline with a note beside it was published."""
    folder = tmp_path_factory.mktemp("both")
    shutil.copytree(settings.index, folder / "index")
    (folder / "notes").mkdir()
    (folder / "notes" / "starfish.md").write_text(NOTE, encoding="utf-8")
    made = settings.model_copy(update={"index": folder / "index", "corpus": [*settings.corpus, folder / "notes"]})
    ensure(made, embedder)
    return made


def publish_another(own: ServiceSettings, both: ServiceSettings) -> str:
    """Publish the version with the note."""
    new = Versions(both.index).current()
    assert new is not None
    shutil.copytree(Versions(both.index).folder(new), Versions(own.index).folder(new), dirs_exist_ok=True)
    Versions(own.index).point(new)
    return new


def damage(own: ServiceSettings, version: str) -> Path:
    path = Versions(own.index).folder(version) / "chunks.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    return path


def test_a_new_snapshot_is_taken_up_while_requests_run(
    own: ServiceSettings, both: ServiceSettings, embedder: Embedder, snapshot: Snapshot
) -> None:
    new = publish_another(own, both)
    old = snapshot.manifest.version
    assert new != old
    Versions(own.index).point(old)
    # Long enough for the busiest machine: what is refused for want of time is no failure of the index.
    app = create_app(Service(own.model_copy(update={"answer": AnswerSettings(wait_seconds=60)}), embedder))
    seen: list[str] = []

    async def traffic(client: httpx.AsyncClient) -> None:
        while new not in seen[-3:]:
            search = client.post("/v1/search", json={"query": "什么是 LoRA？"})
            asked = client.post("/v1/ask", json={"question": "什么是 QLoRA？"})
            for reply in await asyncio.gather(search, asked):
                assert reply.status_code == 200
                seen.append(reply.json()["index_version"])

    async def run() -> None:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        ):
            clients = [asyncio.create_task(traffic(client)) for _ in range(4)]
            while len(seen) < 8:
                await asyncio.sleep(0.01)
            Versions(own.index).point(new)
            await asyncio.gather(*clients)
            found = (await client.post("/v1/search", json={"query": "海星协议"})).json()["results"][0]
            assert found["document"] == "starfish.md"
            assert found["entry_id"] is None
            served = (await client.get(f"/v1/documents/{found['document']}")).json()["text"]
            assert served[found["start"] : found["end"]] == found["text"]

    asyncio.run(asyncio.wait_for(run(), 120))
    assert set(seen) == {old, new}


def test_a_damaged_new_version_leaves_the_old_one_in_use(
    own: ServiceSettings, both: ServiceSettings, embedder: Embedder, snapshot: Snapshot
) -> None:
    versions, old = Versions(own.index), snapshot.manifest.version
    new = publish_another(own, both)
    damage(own, new)
    versions.point(old)
    app = create_app(Service(own, embedder))

    async def run() -> None:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        ):

            async def until(status: str) -> dict[str, object]:
                while True:
                    reply = await client.get("/readyz")
                    assert reply.status_code == 200
                    if reply.json()["status"] == status:
                        body: dict[str, object] = reply.json()
                        return body
                    await asyncio.sleep(0.02)

            assert (await until("ready"))["reasons"] == []
            versions.point(new)
            degraded = await until("degraded")
            assert degraded["index_version"] == old
            assert f"index {new!r} is damaged: 'chunks.jsonl'" in str(degraded["reasons"])
            assert "rollback" in str(degraded["reasons"])
            reply = await client.post("/v1/ask", json={"question": "什么是 QLoRA？"})
            assert (reply.status_code, reply.json()["index_version"]) == (200, old)
            versions.point(old)
            assert (await until("ready"))["index_version"] == old

    asyncio.run(asyncio.wait_for(run(), 120))


def test_a_version_repaired_under_its_own_name_is_taken_up(own: ServiceSettings, embedder: Embedder) -> None:
    """What `python -m ingest build --force` does after the service refused a damaged index."""
    versions = Versions(own.index)
    version = versions.current()
    assert version is not None
    for other in (own.index / "versions").iterdir():
        if other.name != version:
            shutil.rmtree(other)
    path = versions.folder(version) / "chunks.jsonl"
    whole = path.read_bytes()
    damage(own, version)
    live = LiveIndex(versions, embedder.fingerprint, Packs())
    live.refresh()
    assert live.snapshot is None
    assert "damaged" in (live.problem or "")
    path.write_bytes(whole)
    live.refresh()
    assert live.snapshot is not None
    assert live.problem is None


@pytest.mark.parametrize("pointer", [b"", b"000000000000\n", b"\xff\xfe", b"../../elsewhere\n"], ids=repr)
def test_a_damaged_pointer_leaves_the_old_version_in_use(
    own: ServiceSettings, embedder: Embedder, snapshot: Snapshot, pointer: bytes
) -> None:
    live = LiveIndex(Versions(own.index), embedder.fingerprint, Packs())
    live.refresh()
    current = own.index / "current"
    kept = current.read_bytes()
    current.write_bytes(pointer)
    live.refresh()
    assert live.snapshot is not None
    assert live.snapshot.manifest == snapshot.manifest
    assert live.problem
    current.write_bytes(kept)
    live.refresh()
    assert live.problem is None


def test_beside_a_damaged_version_the_newest_intact_one_serves(
    own: ServiceSettings, both: ServiceSettings, embedder: Embedder
) -> None:
    new = publish_another(own, both)
    damage(own, new)
    with TestClient(create_app(Service(own, embedder))) as client:
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert ready.json()["index_version"] != new
        assert f"index {new!r} is damaged" in ready.json()["reasons"][0]
        assert ready.json()["reasons"][0].endswith(f"{ready.json()['index_version']} serves instead")
        assert client.post("/v1/ask", json={"question": "什么是 QLoRA？"}).json()["status"] == "answered"


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["no corpus", "another build", "no room"])
def test_an_index_that_cannot_be_renewed_serves_and_it_is_said(
    own: ServiceSettings, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setenv("OUTLINE_QA_INDEX", str(own.index))
    monkeypatch.setenv("OUTLINE_QA_MODELS", str(own.models))
    monkeypatch.setenv("OUTLINE_QA_CORPUS", json.dumps([str(tmp_path / "gone" if fault == "no corpus" else CORPUS)]))
    live = LiveIndex(Versions(own.index), embedder.fingerprint, Packs())
    live.refresh()
    with ExitStack() as held:
        if fault == "another build":
            held.enter_context(Versions(own.index).building())
        elif fault == "no room":  # no lock can be made, as on a disk that is only read
            (own.index / ".lock").unlink(missing_ok=True)
            (own.index / ".lock").mkdir()
        asyncio.run(renew_index(live))
    assert live.snapshot is not None
    assert "could not be brought up to date" in (live.outdated or "")
    said = {"no corpus": "gone", "another build": "another build is running", "no room": ".lock"}
    assert said[fault] in (live.outdated or "")


@pytest.mark.slow
def test_an_index_that_is_up_to_date_stays(
    own: ServiceSettings, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTLINE_QA_INDEX", str(own.index))
    monkeypatch.setenv("OUTLINE_QA_MODELS", str(own.models))
    monkeypatch.setenv("OUTLINE_QA_CORPUS", json.dumps([str(each) for each in own.corpus]))
    live = LiveIndex(Versions(own.index), embedder.fingerprint, Packs())
    live.refresh()
    version = Versions(own.index).current()
    asyncio.run(renew_index(live))
    assert (live.outdated, Versions(own.index).current()) == (None, version)


def test_an_index_of_another_model_is_refused(own: ServiceSettings) -> None:
    live = LiveIndex(Versions(own.index), "another-model", Packs())
    live.refresh()
    assert live.snapshot is None
    assert "'another-model'" in (live.problem or "")


def test_the_snapshot_in_use_is_not_opened_again(own: ServiceSettings, embedder: Embedder) -> None:
    live = LiveIndex(Versions(own.index), embedder.fingerprint, Packs())
    live.refresh()
    first = live.snapshot
    live.refresh()
    assert live.snapshot is first is not None


def test_a_problem_is_logged_once(settings: ServiceSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    live = LiveIndex(Versions(tmp_path), "any", Packs())
    assert live.problem == "the index is not loaded yet"
    with caplog.at_level(logging.ERROR, "service.serve.live"):
        live.refresh()
        live.refresh()
    assert len(caplog.records) == 1
    with pytest.raises(SnapshotError, match="no index under"):
        Versions(tmp_path).open()
