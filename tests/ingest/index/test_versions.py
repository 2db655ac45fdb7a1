import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.build import Outcome, build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.index import snapshot, verified
from ingest.index.snapshot import SnapshotError
from ingest.index.verified import Verified
from ingest.index.versions import Versions
from ingest.pack import Packs
from tests.support.tiny_embedder import TinyEmbedder


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "index")


def make(versions: Versions, text: str, force: bool = False) -> Outcome:
    source = versions.root.parent / "n.md"
    source.write_text(text, "utf-8")
    steps = CleanSteps()
    return build_index([source], versions, TinyEmbedder(), RecursiveChunker(), steps, Packs(), force=force)


def leftovers(versions: Versions) -> list[str]:
    return sorted(path.name for path in versions.root.iterdir() if path.name.startswith((".b", ".c")))


def test_nothing_yet(versions: Versions) -> None:
    assert versions.current() is None
    assert versions.manifests() == []
    with pytest.raises(SnapshotError, match=r"no index under '.*index'; run `python -m ingest build`"):
        versions.open()


def test_publish_and_go_back(versions: Versions) -> None:
    a, b = (make(versions, text).manifest.version for text in ("甲", "乙"))
    assert versions.current() == b
    assert versions.open().documents == {"n.md": "乙"}
    assert versions.open(version=a).documents == {"n.md": "甲"}
    versions.point(a)
    assert versions.open().documents == {"n.md": "甲"}
    assert {manifest.version for manifest in versions.manifests()} == {a, b}
    assert leftovers(versions) == []


def test_resolve(versions: Versions) -> None:
    names = [
        make(versions, text).manifest.version for text in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午"
    ]  # 17: two share a digit
    assert versions.resolve(names[0]) == names[0]
    assert versions.resolve(names[0][:-1]) == names[0]
    shared = next(name[0] for name in names if sum(other[0] == name[0] for other in names) > 1)
    with pytest.raises(SnapshotError, match=rf"'{shared}' matches {shared}\w+, {shared}"):
        versions.resolve(shared)
    for nonsense in ("", "zz", "../x"):
        with pytest.raises(SnapshotError, match=rf"{re.escape(repr(nonsense))} matches no version.*{names[0]}"):
            versions.resolve(nonsense)


def test_only_one_build_at_a_time(versions: Versions) -> None:
    version = make(versions, "甲").manifest.version
    script = (
        "import sys; from pathlib import Path; from ingest.index.versions import Versions\n"
        "with Versions(Path(sys.argv[1])).building():\n    print('in', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(versions.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "in\n"
        with pytest.raises(SnapshotError, match=r"another build is running under '.*index'; wait for it"):
            make(versions, "乙")
        assert versions.current() == version
        assert len(leftovers(versions)) == 1  # the other build's folder is left alone
        other.communicate("")
    assert make(versions, "乙").manifest.version == versions.current() != version


def test_leftovers_of_killed_builds_are_cleared(versions: Versions) -> None:
    version = make(versions, "甲").manifest.version
    (versions.root / ".building-dead/bm25").mkdir(parents=True)
    (versions.root / ".building-dead/bm25/ids.npy").write_text("x")
    (versions.root / ".current-dead").write_text("x")
    make(versions, "乙")
    assert leftovers(versions) == []
    assert versions.open(version=version)


def test_a_failed_build_leaves_nothing(versions: Versions) -> None:
    with pytest.raises(FileNotFoundError), versions.building() as folder:
        folder.joinpath("none/x").write_text("x")
    assert leftovers(versions) == []


def test_an_equal_intact_version_is_kept(versions: Versions) -> None:
    version = make(versions, "甲").manifest.version
    path = versions.folder(version) / "manifest.json"
    before = path.stat()
    assert make(versions, "甲", force=True).manifest.version == version
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("name", ["manifest.json", "chunks.jsonl", "dense.faiss"])
def test_a_damaged_version_is_replaced(versions: Versions, name: str) -> None:
    version = make(versions, "甲").manifest.version
    path = versions.folder(version) / name
    whole = path.read_bytes()
    path.write_bytes(b"x")
    with pytest.raises(SnapshotError):
        versions.open()
    outcome = make(versions, "甲")
    assert (outcome.built, outcome.manifest.version) == (True, version)
    assert versions.open().documents == {"n.md": "甲"}
    assert path.read_bytes() == whole or name == "manifest.json"  # which says when it was made
    make(versions, "乙")
    assert leftovers(versions) == []


@pytest.mark.parametrize("content", ["", "\n", "nonsense", "../..", "\0", "\udcff"])
def test_a_damaged_pointer_is_mended_by_a_build(versions: Versions, content: str) -> None:
    make(versions, "甲")
    (versions.root / "current").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(SnapshotError, match="python -m ingest build"):
        versions.open()
    make(versions, "甲")
    assert versions.open().documents == {"n.md": "甲"}


def test_other_users_may_read_what_is_published(versions: Versions) -> None:
    version = make(versions, "甲").manifest.version
    assert versions.folder(version).stat().st_mode & 0o777 == 0o755
    assert (versions.root / "current").stat().st_mode & 0o777 == 0o644


def test_a_folder_that_is_no_version_is_not_listed(versions: Versions) -> None:
    version = make(versions, "甲").manifest.version
    versions.folder("empty").mkdir()
    assert [manifest.version for manifest in versions.manifests()] == [version]


def test_what_a_build_has_looked_through_is_known_when_it_is_opened(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verified, "TICK", -(1 << 60))
    a, b = (make(versions, text).manifest.version for text in ("甲", "乙"))
    for version in (a, b):
        assert versions.verified(version).holds(
            versions.folder(version), snapshot.read_manifest(versions.folder(version)).files
        )
    shutil.rmtree(versions.folder(a))
    c = make(versions, "丙").manifest.version
    assert {noted.name.partition("-")[0] for noted in (versions.root / "verified").iterdir()} == {b, c}


def test_a_forced_build_repairs_what_was_noted_as_intact(versions: Versions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "TICK", -(1 << 60))
    version = make(versions, "甲").manifest.version
    path = versions.folder(version) / "documents/texts"
    whole = path.read_bytes()
    path.write_bytes(b"xyz")
    monkeypatch.setattr(Verified, "holds", lambda *_: True)  # as where a disk has changed a file by itself
    assert make(versions, "甲", force=True).manifest.version == version
    assert path.read_bytes() == whole
