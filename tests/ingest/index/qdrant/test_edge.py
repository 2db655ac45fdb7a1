import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingest import bootstrap
from ingest.index.excerpts import excerpt
from ingest.index.index import Probe
from ingest.index.points.searched import PointIndex
from ingest.index.qdrant.edge import QdrantEdge
from ingest.index.snapshot import Snapshot, SnapshotError
from ingest.index.versions import Versions
from ingest.settings import IngestSettings
from tests.support.clustered import clustered, queries
from tests.support.paths import ROOT
from tests.support.tiny_index import index

FIRST = """
import sys
from pathlib import Path
from ingest.index.qdrant.edge import QdrantEdge
from tests.support.clustered import clustered
folder = Path(sys.argv[1])
made, _ = QdrantEdge(), print("ready", flush=True)
made.load(clustered(), folder)
"""


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return clustered()


def found(opened: PointIndex) -> list[int]:
    vector, terms = queries(1)[0]
    numbers: list[int] = opened.find(Probe(vector, terms, (), 0.0), 10).dense.numbers.tolist()
    return numbers


def about(folder: Path) -> dict[str, object]:
    parts: dict[str, object] = json.loads((folder / "qdrant" / "about.json").read_text("utf-8"))
    return parts


def test_a_graph_is_made_of_many_and_found_wide_enough(snapshot: Snapshot, tmp_path: Path) -> None:
    few, many = (tmp_path / name for name in ("few", "many"))
    for folder, backend in ((few, QdrantEdge()), (many, QdrantEdge(1000))):
        folder.mkdir()
        backend.load(snapshot, folder)
    assert about(few)["widths"] == {"passage": 0, "title": 0}
    widths = about(many)["widths"]
    assert isinstance(widths, dict)
    assert set(widths.values()) <= {64, 128, 256, 512, 1024}
    assert about(many)["points"] == 4000


def test_what_is_there_is_left_and_what_is_not_as_it_should_be_is_made_again(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    backend = QdrantEdge()
    backend.load(snapshot, tmp_path)
    expected, stamp = found(backend.open(snapshot, tmp_path)), (tmp_path / "qdrant").stat().st_ino
    backend.load(snapshot, tmp_path)
    assert (tmp_path / "qdrant").stat().st_ino == stamp
    (tmp_path / "qdrant" / "about.json").write_text(json.dumps(about(tmp_path) | {"engine": "0.0.1"}), "utf-8")
    (tmp_path / ".qdrant" / "shard").mkdir(parents=True)  # of one that was killed
    (tmp_path / ".qdrant" / "shard" / "junk").write_text("half", "utf-8")
    backend.load(snapshot, tmp_path)
    assert about(tmp_path)["engine"] != "0.0.1"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".qdrant.lock", "qdrant"]
    assert found(backend.open(snapshot, tmp_path)) == expected


@pytest.mark.parametrize("lost", ["shard", "shard/segments", "about.json"])
def test_what_was_lost_is_made_again(snapshot: Snapshot, tmp_path: Path, lost: str) -> None:
    backend = QdrantEdge()
    backend.load(snapshot, tmp_path)
    expected, gone = found(backend.open(snapshot, tmp_path)), tmp_path / "qdrant" / lost
    assert gone.exists()
    gone.rename(tmp_path / "gone")
    backend.load(snapshot, tmp_path)
    assert found(backend.open(snapshot, tmp_path)) == expected


def test_what_cannot_be_opened_says_what_to_do(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"cannot be opened by Qdrant .*No such file.* remove '.*/qdrant'"):
        QdrantEdge().open(snapshot, tmp_path)
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(SnapshotError, match=r"'file' cannot be put into Qdrant .*; run `python -m ingest build`"):
        QdrantEdge().load(snapshot, tmp_path / "file")


def test_several_processes_are_first_and_all_search(snapshot: Snapshot, tmp_path: Path) -> None:
    command = [sys.executable, "-c", FIRST, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        QdrantEdge().load(snapshot, tmp_path)
        assert other.wait() == 0
    one, two = (QdrantEdge().open(snapshot, tmp_path) for _ in range(2))
    assert found(one) == found(two)


def test_a_part_is_searched_where_it_lies(tmp_path: Path) -> None:
    """Not in the whole: its weights would tell of what one may not read."""
    whole = index(tmp_path, a="apple pie", b="banana bread")
    versions = Versions(tmp_path / "index", backend=QdrantEdge())
    versions.backend.load(whole, versions.folder(whole.manifest.version))
    assert isinstance(versions.index(whole), PointIndex)
    part = excerpt(whole, lambda document, _: document == "a.md")
    legs = versions.index(part).find(Probe(whole.dense.vectors()[0], ("banana",), (), 0.0), 10)
    assert (legs.dense.numbers.tolist(), legs.lexical.numbers.tolist()) == ([0], [])


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = IngestSettings(index=tmp_path, index_kind="qdrant")
    assert isinstance(bootstrap.index(settings).backend, QdrantEdge)
    monkeypatch.setitem(sys.modules, "qdrant_edge", None)
    for name in ("edge", "shard"):
        monkeypatch.delitem(sys.modules, f"ingest.index.qdrant.{name}")
    with pytest.raises(ValueError, match=r"needs an extra: pip install 'outline-qa\[qdrant\]'"):
        bootstrap.index(settings)
