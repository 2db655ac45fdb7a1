"""Builds with packs: which one an index belongs to, and that an unfit one leaves the index in use as it is."""

from pathlib import Path

import numpy as np
import pytest

from ingest import bootstrap
from ingest.__main__ import main
from ingest.build import BuildError, Outcome, build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.index.snapshot import Snapshot, SnapshotError
from ingest.index.versions import Versions
from ingest.pack import Packs, none
from tests.support.packs import write_pack
from tests.support.tiny_embedder import TinyEmbedder

TEXT = """# 笔记

## 1. 海洋

★★ **1. 海星协议是什么？**

五个节点轮流发言，编号最小的先开始。

★ **2. 水母协议是什么？**

任何节点随时发言。
"""
PARTS = {
    "terms.txt": "海星协议\n",
    "glossary.txt": "海星协议 | starfish\n",
    "asked.jsonl": '{"question": "海星协议是什么？", "asked": ["谁先开始说话？"]}\n',
}


class Notes:
    """One file, a pack for it, and their index."""

    def __init__(self, root: Path) -> None:
        self.file, self.versions = root / "n.md", Versions(root / "index")
        self.file.write_text(TEXT, "utf-8")
        self.packs = Packs(own=root / "packs")
        self.pack = write_pack(root / "packs/starfish", ["n.md"], PARTS)
        self.embedder = TinyEmbedder()

    def build(self) -> Outcome:
        self.embedder.embedded.clear()
        chunker = RecursiveChunker()
        return build_index([self.file], self.versions, self.embedder, chunker, CleanSteps(), self.packs)

    def open(self, packs: Packs | None = None) -> Snapshot:
        return self.versions.open(self.embedder.fingerprint, packs=packs or self.packs)


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path)


def test_an_index_is_made_and_opened_with_the_pack_for_its_documents(notes: Notes) -> None:
    outcome = notes.build()
    snapshot = notes.open()
    assert snapshot.pack.folder == notes.pack
    assert outcome.manifest.settings["pack"] == snapshot.pack.fingerprint
    assert outcome.manifest.settings["tokeniser"] == snapshot.pack.words.fingerprint
    assert "海星协议" in snapshot.postings.vocabulary
    assert snapshot.ways.questions == ("谁先开始说话？",)
    assert notes.versions.open().pack is none()  # to be looked at, not asked


def test_without_the_pack_nothing_of_it_is_in_the_index(notes: Notes) -> None:
    notes.packs = Packs("none", notes.pack.parent)
    notes.build()
    snapshot = notes.open()
    assert snapshot.pack is none()
    assert "海星协议" not in snapshot.postings.vocabulary
    assert snapshot.ways.questions == ()


@pytest.mark.parametrize("setting", ["none", "llm-interview"])
def test_an_index_does_not_open_under_another_pack(notes: Notes, setting: str) -> None:
    notes.build()
    with pytest.raises(SnapshotError, match=r"was made with pack 'starfish:.*python -m ingest build.*OUTLINE_QA_PACK"):
        notes.open(Packs(setting, notes.pack.parent))


@pytest.mark.parametrize(
    ("name", "text", "embedded"),
    [
        ("terms.txt", "海星协议\n水母协议\n", []),
        ("glossary.txt", "海星协议 | starfish\n水母协议 | jellyfish\n", []),
        ("asking.txt", "请教\n", []),
        ("asked.jsonl", PARTS["asked.jsonl"].replace("说话", "发言"), ["谁先开始发言？"]),
    ],
)
def test_after_an_edit_a_build_mends_the_index_and_keeps_the_vectors(
    notes: Notes, name: str, text: str, embedded: list[str]
) -> None:
    (notes.pack / "asking.txt").write_text("# none yet\n", "utf-8")
    card = notes.pack / "pack.toml"
    card.write_text(card.read_text("utf-8") + '"asking.txt" = "by a test"\n', "utf-8")
    first = notes.build()
    before = notes.open()
    (notes.pack / name).write_text(text, "utf-8")
    with pytest.raises(SnapshotError, match=r"was made with pack .*run `python -m ingest build`"):
        notes.open()
    second = notes.build()
    after = notes.open()
    assert second.built
    assert second.manifest.version != first.manifest.version
    assert (second.reused, len(after.chunks)) == (2, 2)
    assert notes.embedder.embedded == embedded
    np.testing.assert_array_equal(after.dense.vectors(), before.dense.vectors())
    np.testing.assert_array_equal(after.titles.vectors(), before.titles.vectors())
    assert ("水母协议" in after.postings.vocabulary) == (name == "terms.txt")
    assert not notes.build().built


def test_the_command_mends_it(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr(bootstrap, "embedder", lambda settings: notes.embedder)
    monkeypatch.setenv("OUTLINE_QA_INDEX", str(notes.versions.root))
    monkeypatch.setenv("OUTLINE_QA_CORPUS", f'["{notes.file}"]')
    monkeypatch.setenv("OUTLINE_QA_PACKS", str(notes.pack.parent))
    assert main(["build"]) == 0
    (notes.pack / "glossary.txt").write_text("海星协议 | starfish | sea star\n", "utf-8")
    with pytest.raises(SnapshotError, match="run `python -m ingest build`"):
        notes.open()
    capsys.readouterr()
    assert main(["build"]) == 0
    assert "2 chunks, 0 aliases; 2 chunks reused" in "".join(capsys.readouterr())
    assert "海星协议" in notes.open().pack.words.expand("sea star")
    (notes.pack / "glossary.txt").write_text("海星协议\n", "utf-8")
    assert main(["build"]) == 1
    assert "glossary line 1: '海星协议' has one variant" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("asked.jsonl", b"\n{", r"asked\.jsonl, line 2: "),
        ("glossary.txt", "# names\n海星\n".encode(), r"starfish: glossary line 2: '海星' has one variant"),
        ("terms.txt", b"\xff", r"terms\.txt, line 1: not UTF-8"),
        ("fitted.json", b'{"format": 3}', r"fitted\.json holds no fitted numbers"),
        ("pack.toml", b"format = 2", r"pack\.toml is no card of a pack that this version reads"),
        ("mine.txt", b"", r"pack\.toml does not say how 'mine\.txt' was made"),
    ],
)
def test_an_unfit_pack_leaves_the_index_in_use(notes: Notes, name: str, content: bytes, message: str) -> None:
    version = notes.build().manifest.version
    before = (notes.pack / name).read_bytes() if (notes.pack / name).exists() else None
    (notes.pack / name).write_bytes(content)
    notes.file.write_text(TEXT.replace("五", "六"), "utf-8")
    with pytest.raises(BuildError, match=rf"{message}[^;]*.*; the index is as it was"):
        notes.build()
    assert notes.embedder.embedded == []
    assert notes.versions.current() == version
    (notes.pack / name).unlink() if before is None else (notes.pack / name).write_bytes(before)
    assert notes.open().documents == {"n.md": TEXT}
    assert notes.build().built


def test_two_packs_for_a_document_leave_the_index_in_use(notes: Notes) -> None:
    version = notes.build().manifest.version
    write_pack(notes.pack.parent / "urchin", ["n.md"])
    with pytest.raises(BuildError, match=r"starfish' and '.*urchin' are both made .*; the index is as it was"):
        notes.build()
    assert notes.versions.current() == version
    assert notes.open(Packs(str(notes.pack))).documents == {"n.md": TEXT}
