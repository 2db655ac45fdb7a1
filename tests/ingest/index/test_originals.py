"""Which files a build keeps, and for how long."""

import hashlib
from pathlib import Path

from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.index.excerpts import excerpt
from ingest.index.originals import FOLDER, Originals
from ingest.index.snapshot import Snapshot
from ingest.index.versions import Versions
from ingest.pack import Packs
from tests.support.papers import paper
from tests.support.tiny_embedder import TinyEmbedder

LEAVE = paper([("title", "休假"), ("text", "年假十五天，病假按规定。")])
SECRET = paper([("title", "联系"), ("text", "写信给 li.lei@corp-mail.cn，密码另发。")])


def built(folder: Path, originals: bool = True) -> Snapshot:
    versions, embedder, packs = Versions(folder / "index"), TinyEmbedder(), Packs("none")
    build_index([folder / "in"], versions, embedder, RecursiveChunker(200), CleanSteps(), packs, originals=originals)
    return versions.open(embedder.fingerprint, packs=packs)


def kept(folder: Path) -> set[str]:
    return {path.name for path in (folder / "index" / FOLDER).glob("*")}


def test_files_are_kept_while_a_version_has_them_and_never_where_something_was_masked(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, raw in {"leave.pdf": LEAVE, "copy.pdf": LEAVE, "secret.pdf": SECRET, "a.md": b"# A\n\nText.\n"}.items():
        (tmp_path / "in" / name).write_bytes(raw)
    digest = hashlib.sha256(LEAVE).hexdigest()
    made = built(tmp_path)
    assert "[email]" in made.documents["secret.pdf"]
    assert made.manifest.originals == {"leave.pdf": digest, "copy.pdf": digest}
    assert kept(tmp_path) == {digest}
    path = Originals(tmp_path / "index").path(digest)
    assert path is not None
    assert path.read_bytes() == LEAVE
    assert excerpt(made, lambda name, _: name == "copy.pdf").manifest.originals == {"copy.pdf": digest}
    without = built(tmp_path, originals=False)
    assert without.manifest.originals == {}
    assert kept(tmp_path) == {digest}  # of the version before, which one can go back to
    Originals(tmp_path / "index").tidy(set())
    assert kept(tmp_path) == set()
