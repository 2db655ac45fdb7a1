"""Versions in Milvus, by its small engine in a file, and where there is none."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest import bootstrap
from ingest.index.index import Probe
from ingest.index.points.point import batches
from ingest.index.points.searched import ENOUGH
from ingest.index.snapshot import Snapshot, SnapshotError
from ingest.settings import IngestSettings
from tests.support.clustered import clustered, queries
from tests.support.milvus import milvus
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

NAME = "outline_qa_v_1"
OTHER = """
import sys
from pathlib import Path
from tests.support.clustered import clustered
from tests.support.milvus import milvus
milvus(Path(sys.argv[1])).load(clustered(), Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return clustered()


def settings(folder: Path, uri: str) -> IngestSettings:
    return IngestSettings.model_validate({"index": folder, "index_kind": "milvus", "milvus": {"uri": uri}})


def test_what_was_half_put_in_is_put_in_whole(snapshot: Snapshot, tmp_path: Path) -> None:
    backend: Any = milvus(tmp_path)
    with pytest.raises(SnapshotError, match=r"no whole collection 'outline_qa_v_1'; run `python -m ingest build`"):
        backend.open(snapshot, tmp_path)
    backend._create(snapshot, NAME)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.index.milvus.server.batches", lambda whole: [next(batches(whole))[:7]])
        backend._put(snapshot, NAME)
    with pytest.raises(SnapshotError, match="no whole collection"):
        backend.open(snapshot, tmp_path)
    backend.load(snapshot, tmp_path)
    assert backend._client.query(NAME, filter="", output_fields=["count(*)"])[0] == {"count(*)": 4000}
    vector, terms = queries(1)[0]
    found = backend.open(snapshot, tmp_path).find(Probe(vector, terms, (), 0.0), 10)
    np.testing.assert_array_equal(found.dense.numbers, snapshot.dense.search(vector, 10)[0])


def test_what_is_whole_is_left(snapshot: Snapshot, tmp_path: Path) -> None:
    backend: Any = milvus(tmp_path)
    backend.load(snapshot, tmp_path)
    backend._client.delete(NAME, ids=[0])
    backend.load(snapshot, tmp_path)
    assert backend._client.get(NAME, ids=[0]) == []


def test_a_graph_is_made_of_many_where_a_width_finds_enough(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many, lost = (milvus(_made(tmp_path / name), number) for name, number in (("f", 3001), ("m", 3000), ("l", 1)))
    assert _indexed(few, snapshot, tmp_path) == ("FLAT", {0})
    kind, widths = _indexed(many, snapshot, tmp_path)
    assert kind == "HNSW"
    assert widths <= {64, 128, 256, 512, 1024}
    monkeypatch.setattr("ingest.index.points.searched.ENOUGH", ENOUGH + 1)
    assert _indexed(lost, snapshot, tmp_path) == ("FLAT", {0})


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _indexed(backend: Any, snapshot: Snapshot, folder: Path) -> tuple[str, set[int]]:
    backend.load(snapshot, folder)
    widths = backend._widths(NAME)
    return backend._client.describe_index(NAME, "vector")["index_type"], {widths.passage, widths.title}


def test_a_server_that_is_away_is_named(snapshot: Snapshot, tmp_path: Path) -> None:
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install 'outline-qa[milvus]'")
    for uri, reason in (
        ("http://127.0.0.1:9", "Fail connecting to server on 127.0.0.1:9"),
        (f"{tmp_path}/none/milvus.db", "dir: .* not exists"),
        ("milvus:19530", "illegal"),
    ):
        backend = bootstrap.index(settings(tmp_path, uri)).backend
        for act in (backend.load, backend.open):
            with pytest.raises(SnapshotError, match=rf"cannot be had from Milvus \(.*{reason}.*OUTLINE_QA_MILVUS__URI"):
                act(snapshot, tmp_path)


def test_a_file_is_one_processes(snapshot: Snapshot, tmp_path: Path) -> None:
    milvus(tmp_path).load(snapshot, tmp_path)
    command = [sys.executable, "-c", OTHER, str(tmp_path)]
    other = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "cannot be had from Milvus (Open local milvus failed); OUTLINE_QA_MILVUS__URI is" in other.stderr


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    for module in ("server", "collection"):
        monkeypatch.delitem(sys.modules, f"ingest.index.milvus.{module}", raising=False)
    with pytest.raises(ValueError, match=r"needs an extra: pip install 'outline-qa\[milvus\]'"):
        bootstrap.index(settings(tmp_path, "http://127.0.0.1:9"))
