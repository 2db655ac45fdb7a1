"""GET /v1/originals/{name}: the bytes as they are, harmless in a browser, for those who may read the document."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.index.versions import Versions
from ingest.pack import Packs
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.rights import RIGHTS
from service.access.settings import AccessSettings
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import NoRerankSettings, ServiceSettings, StoreSettings
from tests.support.papers import paper
from tests.support.tiny_embedder import TinyEmbedder

LEAVE = paper([("title", "休假"), ("text", "年假十五天，病假按规定。")])
PAGE = b"<html><body><main><h1>Hours</h1><p>The desk is open from nine to five.</p><script>alert(1)</script></main>"


@dataclass
class Door:
    """A service with a key for everything and one for `hr` alone."""

    client: TestClient
    everything: dict[str, str]
    hr: dict[str, str]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder: Path = tmp_path_factory.mktemp("originals")
    (folder / "in/hr").mkdir(parents=True)
    for name, raw in {"hr/休假.pdf": LEAVE, "hours.html": PAGE, "own.md": b"# Own\n\nText of its own.\n"}.items():
        (folder / "in" / name).write_bytes(raw)
    embedder = TinyEmbedder()
    build_index(
        [folder / "in"], Versions(folder / "index"), embedder, RecursiveChunker(200), CleanSteps(), Packs("none")
    )
    keys = LedgerKeys(Ledger(folder / "access.sqlite"))
    secrets = [
        keys.make(NewKey(name, RIGHTS, documents=documents), "test")[1]
        for name, documents in (("all", ("*",)), ("hr", ("hr/*",)))
    ]
    settings = ServiceSettings(
        index=folder / "index",
        pack="none",
        rerank=NoRerankSettings(kind="none"),
        store=StoreSettings(path=folder / "store.sqlite"),
        access=AccessSettings(path=folder / "access.sqlite"),
    )
    with TestClient(create_app(Service(settings, embedder))) as client:
        yield Door(client, *({"Authorization": f"Bearer {secret}"} for secret in secrets))


def test_the_file_is_as_it_was_and_nothing_in_it_acts(door: Door) -> None:
    reply = door.client.get("/v1/originals/hr/休假.pdf", headers=door.hr)
    assert (reply.status_code, reply.content) == (200, LEAVE)
    assert reply.headers["content-type"] == "application/pdf"
    assert reply.headers["content-disposition"].startswith("inline")
    assert reply.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert reply.headers["x-content-type-options"] == "nosniff"
    page = door.client.get("/v1/originals/hours.html", headers=door.everything)
    assert page.content == PAGE
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.headers["content-security-policy"] == "sandbox; default-src 'none'"


def test_a_part_and_what_the_reader_has(door: Door) -> None:
    address, key = "/v1/originals/hr/休假.pdf", door.hr
    part = door.client.get(address, headers=key | {"Range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, b"%PDF-")
    assert door.client.get(address, headers=key | {"Range": "bytes=9999999-"}).status_code == 416
    tag = part.headers["etag"]
    again = door.client.get(address, headers=key | {"If-None-Match": f'"x", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert door.client.get(address, headers=key | {"If-None-Match": '"x"'}).status_code == 200


def test_only_those_get_it_who_may_read_the_document(door: Door) -> None:
    assert door.client.get("/v1/originals/hr/休假.pdf").status_code == 401
    assert door.client.get("/v1/originals/hours.html", headers=door.hr).status_code == 404
    unknown = door.client.get("/v1/originals/none.pdf", headers=door.hr).json()["detail"]
    assert (
        unknown.replace("none.pdf", "hours.html")
        == door.client.get("/v1/originals/hours.html", headers=door.hr).json()["detail"]
    )  # nothing tells that it exists
    told = door.client.get("/v1/originals/own.md", headers=door.everything)
    assert (told.status_code, "OUTLINE_QA_READING__ORIGINALS" in told.json()["detail"]) == (404, True)


@pytest.mark.parametrize("name", ["../access.sqlite", "..%2f..%2faccess.sqlite", "hr/../hours.html", "/etc/passwd"])
def test_no_name_leads_elsewhere(door: Door, name: str) -> None:
    assert door.client.get(f"/v1/originals/{name}", headers=door.hr).status_code == 404
