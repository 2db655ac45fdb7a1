"""Documents over HTTP: uploaded, followed as a job of a real worker, asked about, removed; all of it written down."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.__main__ import ensure
from ingest.models.embedder import Embedder
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.settings import AccessSettings
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings
from tests.support.paths import ROOT

DOCUMENTS = "/v1/admin/documents"


@pytest.fixture(scope="module")
def client(
    settings: ServiceSettings, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A service over one document, whose worker has the same settings by the environment."""
    folder = tmp_path_factory.mktemp("uploads")
    (folder / "corpus").mkdir()
    (folder / "corpus/own.md").write_text("# 门禁\n\n卡片遗失当天挂失。\n", "utf-8")
    own = {
        "corpus": [str(folder / "corpus")],
        "index": str(folder / "index"),
        "models": str(settings.models),
        "pack": "none",
        "uploads": {"path": str(folder / "documents"), "job_mb": 1},
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(f"OUTLINE_QA_{name.upper()}", value if isinstance(value, str) else json.dumps(value))
        patch.chdir(ROOT)
        made = ServiceSettings(access=AccessSettings(path=folder / "access.sqlite"))
        ensure(made, embedder)
        _, secret = LedgerKeys(Ledger(folder / "access.sqlite")).make(NewKey("a", ("admin", "ask")), "test")
        with TestClient(create_app(Service(made, embedder))) as client:
            client.headers["Authorization"] = f"Bearer {secret}"
            yield client


def ended(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        now: dict[str, Any] = client.get(f"/v1/admin/jobs/{job['id']}").json()
        if now["state"] not in ("waiting", "running"):
            return now
        time.sleep(0.2)
    raise AssertionError(now)


def test_a_document_is_uploaded_asked_and_removed(client: TestClient) -> None:
    files = [
        ("file", ("hr/假期.md", "# 年假\n\n年假是二十二天，由人事部批准。\n".encode())),
        ("file", ("bad.pdf", b"no pdf")),
    ]
    made = client.post(DOCUMENTS, files=files)
    assert made.status_code == 202
    assert [each["state"] for each in made.json()["files"]] == ["waiting", "waiting"]
    job = ended(client, made.json())
    assert (job["state"], {each["name"]: each["state"] for each in job["files"]}) == (
        "done",
        {"hr/假期.md": "indexed", "bad.pdf": "refused"},
    )
    runtime = client.app.state.outline_qa  # type: ignore[attr-defined]
    runtime.index.refresh()
    answer = client.post("/v1/ask", json={"question": "年假有几天？"}).json()
    assert (answer["status"], answer["citations"][0]["document"]) == ("answered", "hr/假期.md")
    listed = client.get(DOCUMENTS).json()
    assert [(each["name"], each["uploaded"]) for each in listed["documents"]] == [
        ("hr/假期.md", True),
        ("own.md", False),
    ]
    assert listed["index_version"] == job["version"]
    removed = ended(client, client.delete(f"{DOCUMENTS}/hr/假期.md").json())
    assert [each["state"] for each in removed["files"]] == ["removed"]
    runtime.index.refresh()
    assert [each["name"] for each in client.get(DOCUMENTS).json()["documents"]] == ["own.md"]
    again = ended(client, client.post("/v1/admin/jobs").json())
    assert (again["kind"], again["state"]) == ("refresh", "done")
    assert [each["id"] for each in client.get("/v1/admin/jobs").json()["jobs"]][:2] == [again["id"], removed["id"]]
    acts = [each["act"] for each in client.get("/v1/admin/audit").json()["acts"]]
    assert acts[1:] == ["document.upload", "document.remove", "documents.refresh"]
    assert client.delete(f"/v1/admin/jobs/{again['id']}").status_code == 409
    assert client.post(f"/v1/admin/jobs/{again['id']}/retry").status_code == 409


@pytest.mark.parametrize(
    ("name", "size", "status", "told"),
    [
        ("../../etc/passwd", 10, 422, "is no name of a document"),
        ("own.md", 10, 409, "is a document of the corpus"),
        ("large.md", 2 << 20, 413, "The upload is over 1 MB"),
    ],
)
def test_what_is_refused_at_once(client: TestClient, name: str, size: int, status: int, told: str) -> None:
    reply = client.post(DOCUMENTS, files=[("file", (name, b"x" * size))])
    assert reply.status_code == status
    assert told in reply.json()["detail"]


def test_what_is_no_upload_is_refused(client: TestClient) -> None:
    assert client.post(DOCUMENTS, json={"file": "x"}).status_code == 422
    assert client.post(DOCUMENTS, data={"other": "x"}).status_code == 422
    twice = [("file", ("a.md", b"a")), ("file", ("a.md", b"b"))]
    assert "Two files" in client.post(DOCUMENTS, files=twice).json()["detail"]
    assert client.delete(f"{DOCUMENTS}/own.md").status_code == 404
    assert client.get("/v1/admin/jobs/j-none").status_code == 404
    assert client.post(DOCUMENTS, files=[("file", ("a.md", b"a"))], headers={"Authorization": ""}).status_code == 401


def test_the_page_is_open_and_holds_nothing(client: TestClient) -> None:
    for path in ("/admin", "/admin.js", "/admin.css"):
        reply = client.get(path, headers={"Authorization": ""})
        assert reply.status_code == 200
        assert "own.md" not in reply.text
    assert "script-src 'self'" in client.get("/admin").headers["Content-Security-Policy"]
