import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.chunk import chunk
from ingest.chunk.recursive import RecursiveChunker
from ingest.index import snapshot, verified
from ingest.index.bm25 import Postings
from ingest.index.dense import DenseIndex
from ingest.index.manifest import checksum, version_of
from ingest.index.records import write_records
from ingest.index.snapshot import Manifest, Snapshot, SnapshotError
from ingest.index.verified import Verified
from ingest.index.ways import Ways
from ingest.pack import none
from ingest.parse import outline
from tests.support.paths import ROOT
from tests.support.tiny_embedder import TinyEmbedder

SOURCE = "# 题\n\n前言。\n\n## 1. 节\n\n★★★★★ **1. 甲？**\n\n答\u2028案\r\n。\n\n★ **2. 乙？**\n"
FILES = [
    "aliases.at.npy",
    "aliases.jsonl",
    "asked/bm25/ends.npy",
    "asked/bm25/ids.npy",
    "asked/bm25/keys.npy",
    "asked/bm25/offsets.npy",
    "asked/bm25/postings.json",
    "asked/bm25/terms",
    "asked/bm25/weights.npy",
    "asked/dense.faiss",
    "asked/questions.jsonl",
    "averages.npy",
    "bm25/ends.npy",
    "bm25/ids.npy",
    "bm25/keys.npy",
    "bm25/offsets.npy",
    "bm25/postings.json",
    "bm25/terms",
    "bm25/weights.npy",
    "chunks.at.npy",
    "chunks.jsonl",
    "dense.faiss",
    "documents/ends.npy",
    "documents/keys.npy",
    "documents/names.at.npy",
    "documents/names.jsonl",
    "documents/texts",
    "entries.at.npy",
    "entries.jsonl",
    "register/aliased.npy",
    "register/bounds.npy",
    "register/columns/answered.npy",
    "register/columns/documents.npy",
    "register/columns/names.npy",
    "register/columns/rows.npy",
    "register/columns/sections.npy",
    "register/columns/stars.npy",
    "register/groups.npy",
    "register/headings.npy",
    "register/ids.npy",
    "register/keys.npy",
    "register/order.npy",
    "register/texts.npy",
    "report.json",
    "titles.faiss",
    "told/days.npy",
    "told/tagged.npy",
    "told/tags.npy",
    "wording/indexed",
    "wording/latin.txt",
]


def make(inputs: str = "inputs") -> Snapshot:
    document, entries = outline.parse("n.md", SOURCE)
    chunks = chunk(document, entries, RecursiveChunker(100))
    (copy,) = chunk(outline.parse("copy.md", "\n前言。")[0], [], RecursiveChunker(100))
    groups = snapshot.groups(chunks)
    tiny = TinyEmbedder(dimension=8)
    return Snapshot(
        Manifest(
            "",
            "2024-01-01T00:00:00+00:00",
            inputs,
            {"n.md": "aa", "copy.md": "bb"},
            {"embedder": "tiny-1", "chunker": "recursive"},
        ),
        {"n.md": SOURCE, "copy.md": "\n前言。"},
        entries,
        tuple(chunks),
        {chunks[0].id: (copy,)},
        groups,
        DenseIndex.build(tiny.embed_passages([c.indexed for c in chunks])),
        Postings.build([none().words.terms(c.indexed) for c in chunks]),
        DenseIndex.build(tiny.embed_passages([g.title for g in groups])),
        Ways(("怎么问？",), (1,), DenseIndex.build(tiny.embed_passages(["怎么问？"])), Postings.build([["问"]])),
        none(),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    snapshot.write(tmp_path, make(), {"warnings": []})
    return tmp_path


def reseal(folder: Path) -> None:
    """Make checksums and version of the manifest fit the files again, as damage before writing would."""
    parts = json.loads((folder / "manifest.json").read_text("utf-8"))
    parts["files"] = {name: checksum(folder / name) for name in parts["files"]}
    parts["version"] = version_of(parts)
    (folder / "manifest.json").write_text(json.dumps(parts), "utf-8")


def test_round_trip(folder: Path) -> None:
    made, opened = make(), snapshot.read(folder, "tiny-1")
    for name in ("entries", "chunks", "groups"):
        assert tuple(getattr(opened, name)) == getattr(made, name), name
    for name in ("documents", "aliases"):
        assert getattr(opened, name) == getattr(made, name), name
    assert opened.documents["n.md"] == SOURCE
    np.testing.assert_array_equal(opened.dense.vectors(), made.dense.vectors())
    np.testing.assert_array_equal(opened.titles.vectors(), made.titles.vectors())
    query = none().words.terms("甲")
    np.testing.assert_array_equal(opened.postings.scores(query), made.postings.scores(query))


def test_manifest(folder: Path) -> None:
    manifest = snapshot.read_manifest(folder)
    assert manifest.counts == {"documents": 2, "entries": 2, "answered": 1, "chunks": 3, "aliases": 1}
    assert sorted(manifest.files) == FILES
    assert re.fullmatch("[0-9a-f]{12}", manifest.version)
    assert (manifest.format, manifest.inputs, manifest.sources["n.md"]) == (snapshot.FORMAT, "inputs", "aa")


def test_equal_content_makes_equal_versions(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    version = snapshot.read_manifest(folder).version
    assert snapshot.write(tmp_path_factory.mktemp("a"), make(), {"warnings": []}).version == version
    assert snapshot.write(tmp_path_factory.mktemp("b"), make("other"), {"warnings": []}).version != version


def test_groups_are_entries_and_passages_outside_of_them() -> None:
    made = make()
    assert [(g.key, g.title, g.rows) for g in made.groups] == [
        (("n.md", made.chunks[0].id), "题", (0,)),
        (("n.md", "1.1"), "1. 节 > 甲？", (1,)),
        (("n.md", "1.2"), "1. 节 > 乙？", (2,)),
    ]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    message = rf"'{re.escape(name)}' is missing; run `python -m ingest build --force`"
    with pytest.raises(SnapshotError, match=message):
        snapshot.read(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["cut", "flip", "grow"])
def test_a_damaged_file_is_named(folder: Path, name: str, damage: str) -> None:
    raw = (folder / name).read_bytes()
    half = len(raw) // 2
    flipped = raw[:half] + bytes([raw[half] ^ 1]) + raw[half + 1 :] if raw else b"x"
    (folder / name).write_bytes({"cut": raw[:-1] or b"x", "flip": flipped, "grow": raw + b"\n"}[damage])
    message = rf"'{re.escape(name)}' is changed on disk; run `python -m ingest build --force`.*rollback"
    with pytest.raises(SnapshotError, match=message):
        snapshot.read(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"x"', "{}", '{"format": 3}', "\udcff"])
def test_a_damaged_manifest_is_refused(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(SnapshotError, match=r"no readable manifest.*run `python -m ingest build`"):
        snapshot.read(folder)


def test_a_missing_snapshot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no readable manifest"):
        snapshot.read(tmp_path / "none")


@pytest.mark.parametrize("key", ["version", "inputs", "settings", "files"])
def test_a_changed_manifest_is_refused(folder: Path, key: str) -> None:
    parts = json.loads((folder / "manifest.json").read_text("utf-8"))
    parts[key] = "x" if isinstance(parts[key], str) else None
    (folder / "manifest.json").write_text(json.dumps(parts), "utf-8")
    with pytest.raises(SnapshotError, match="its content does not make version"):
        snapshot.read(folder)


def test_another_format_is_refused(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"format": 3', '"format": 99'), "utf-8")
    with pytest.raises(SnapshotError, match=r"has format 99, this program reads 3; run `python -m ingest build`"):
        snapshot.read(folder)


def test_another_embedder_is_refused(folder: Path) -> None:
    with pytest.raises(SnapshotError, match=r"made with embedder 'tiny-1', the service has 'big-2'; run"):
        snapshot.read(folder, "big-2")


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


def drop_line(folder: Path) -> None:
    write_records(folder / "chunks.jsonl", lines_of(folder / "chunks.jsonl")[:-1])


def move_chunk(folder: Path, name: str = "chunks.jsonl") -> None:
    lines = lines_of(folder / name)
    lines[0] |= {"start": lines[0]["start"] - 1, "end": lines[0]["end"] - 1}
    write_records(folder / name, lines)


def other_counts(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"answered": 1', '"answered": 2'), "utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_line, "disagree on how many chunks"),
        (move_chunk, r"chunk '\w+' is not at its place in 'n.md'"),
        (lambda folder: move_chunk(folder, "aliases.jsonl"), r"chunk '\w+' is not at its place in 'copy.md'"),
        (other_counts, "its manifest says"),
        (lambda folder: (folder / "dense.faiss").write_bytes(b"x" * 100), "cannot be read"),
        (lambda folder: (folder / "entries.jsonl").write_text("{}\n"), "cannot be read"),
        (lambda folder: write_records(folder / "entries.jsonl", [{}]), "cannot be read"),
    ],
)
def test_parts_that_do_not_fit_are_refused(folder: Path, change: Callable[[Path], object], message: str) -> None:
    change(folder)
    reseal(folder)
    with pytest.raises(SnapshotError, match=rf"{message}.*run `python -m ingest build --force`"):
        snapshot.read(folder)


@pytest.fixture
def noted(folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Verified:
    """What remembers that the files were looked through, long after they were written."""
    monkeypatch.setattr(verified, "TICK", -(1 << 60))
    of = Verified(tmp_path_factory.mktemp("verified") / "v")
    snapshot.read(folder, verified=of)
    return of


def test_files_are_looked_through_once(folder: Path, noted: Verified, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    monkeypatch.setattr(snapshot, "compare", lambda folder, manifest: compared.append(manifest.version))
    opened = snapshot.read(folder, "tiny-1", verified=noted)
    assert compared == []
    assert tuple(opened.chunks) == make().chunks
    os.utime(folder / "chunks.jsonl")
    snapshot.read(folder, verified=noted)
    assert compared == [opened.manifest.version]


@pytest.mark.parametrize("name", FILES)
def test_damage_is_found_after_files_were_looked_through(folder: Path, noted: Verified, name: str) -> None:
    raw, before = (folder / name).read_bytes() or b" ", (folder / name).stat()
    (folder / name).write_bytes(bytes([raw[0] ^ 1]) + raw[1:])
    os.utime(folder / name, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(SnapshotError, match=rf"'{re.escape(name)}' is changed on disk"):
        snapshot.read(folder, verified=noted)
    (folder / name).unlink()
    with pytest.raises(SnapshotError, match=rf"'{re.escape(name)}' is missing"):
        snapshot.read(folder, verified=noted)


def test_a_noted_index_is_still_for_its_embedder(folder: Path, noted: Verified) -> None:
    with pytest.raises(SnapshotError, match="made with embedder 'tiny-1'"):
        snapshot.read(folder, "big-2", verified=noted)


def test_what_is_looked_up_is_the_same_in_memory_and_on_disk(folder: Path) -> None:
    for each in (make(), snapshot.read(folder)):
        first, *_ = each.chunks
        assert (each.chunk(first.id), each.row(first)) == (first, 0)
        assert each.members(("n.md", "1.2")) == [2]
        assert [place.document for place in each.places(first.id)] == ["n.md", "copy.md"]
        assert each.places("none") == ()
        assert each.headed(" 甲?")
        assert not each.headed("另一题")
        with pytest.raises(KeyError):
            each.chunk("none")
        with pytest.raises(KeyError):
            each.members(("n.md", "9.9"))


def test_nothing_is_pickled(folder: Path) -> None:
    for path in (ROOT / "ingest").rglob("*.py"):
        source = path.read_text("utf-8")
        assert not re.search(r"\b(import|from) (pickle|joblib|dill|marshal|shelve)\b", source), path
        for call in re.findall(r"np\.(?:load|save)\(.*", source):
            assert "allow_pickle=False" in call, path
    for name in FILES:
        if name.endswith(".npy"):
            assert np.load(folder / name, allow_pickle=False).dtype != np.object_
