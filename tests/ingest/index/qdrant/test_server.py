"""Versions on a Qdrant server, by the client's own engine in memory, and one that is not there."""

import sys
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient, models

from ingest import bootstrap
from ingest.index.index import Probe
from ingest.index.points.engine import Request
from ingest.index.points.point import WORDS, batches
from ingest.index.qdrant import client as module
from ingest.index.qdrant.server import QdrantServer, _point
from ingest.index.scope import Scope
from ingest.index.snapshot import Snapshot, SnapshotError
from ingest.settings import IngestSettings
from tests.support.clustered import clustered, queries

NAME = "outline-qa-v-1"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return clustered()


def test_what_was_half_put_in_is_put_in_whole(snapshot: Snapshot, tmp_path: Path) -> None:
    client = QdrantClient(":memory:")
    backend = QdrantServer(client, many=1000)
    with pytest.raises(SnapshotError, match=r"no whole collection 'outline-qa-v-1'; run `python -m ingest build`"):
        backend.open(snapshot, tmp_path)
    backend._create(snapshot, NAME)
    client.upsert(NAME, [_point(item) for item in next(batches(snapshot))][:7])
    with pytest.raises(SnapshotError, match="no whole collection"):
        backend.open(snapshot, tmp_path)
    backend.load(snapshot, tmp_path)
    assert client.count(NAME).count == 4000
    assert client.get_collection(NAME).config.metadata == {"widths": {"passage": 64, "title": 64}}
    vector, terms = queries(1)[0]
    found = backend.open(snapshot, tmp_path).find(Probe(vector, terms, (), 0.0), 10)
    np.testing.assert_array_equal(found.dense.numbers, snapshot.dense.search(vector, 10)[0])


def test_what_is_whole_is_left(snapshot: Snapshot, tmp_path: Path) -> None:
    client = QdrantClient(":memory:")
    QdrantServer(client).load(snapshot, tmp_path)
    client.delete(NAME, [0])
    QdrantServer(client).load(snapshot, tmp_path)
    assert client.count(NAME).count == 3999


def test_all_that_is_sent_can_be_said_in_json(snapshot: Snapshot) -> None:
    """The engine in memory takes objects as they are; a server reads them from a request."""
    vector, scope = queries(1)[0][0], Scope(frozenset({1, 2}), 3, frozenset({"a.md"}), True)
    for request in (
        Request("passage", vector, 5, scope, width=64),
        Request("title", vector, 5, numbers=[1, 2]),
        Request(WORDS, ([1, 2], [0.5, 1.5]), 5, Scope()),
    ):
        sent = module._request(request)
        assert models.QueryRequest.model_validate_json(sent.model_dump_json(exclude_none=True)) == sent
    for item in next(batches(snapshot))[:60]:
        point = _point(item)
        assert models.PointStruct.model_validate_json(point.model_dump_json()) == point


def test_a_server_that_is_away_is_named(snapshot: Snapshot, tmp_path: Path) -> None:
    settings = IngestSettings.model_validate(
        {"index": tmp_path, "index_kind": "qdrant-server", "qdrant": {"url": "http://127.0.0.1:9"}}
    )
    backend = bootstrap.index(settings).backend
    assert isinstance(backend, QdrantServer)
    for act in (backend.load, backend.open):
        with pytest.raises(SnapshotError, match=r"'outline-qa-v-1' cannot be had from Qdrant's server \(.*refused"):
            act(snapshot, tmp_path)


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    with pytest.raises(ValueError, match=r"needs an extra: pip install 'outline-qa\[qdrant-server\]'"):
        bootstrap.index(IngestSettings(index=tmp_path, index_kind="qdrant-server"))
