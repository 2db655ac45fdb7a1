import json
import shutil
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from ingest import clean
from ingest.build import BuildError, Outcome, build_index
from ingest.chunk import Chunker
from ingest.chunk.recursive import RecursiveChunker
from ingest.chunk.window import WindowChunker
from ingest.clean import CleanSteps
from ingest.clean.report import Spot
from ingest.index.snapshot import Snapshot, SnapshotError
from ingest.index.versions import Versions
from ingest.pack import Packs
from ingest.parse import outline
from ingest.words.words import Words
from tests.support.tiny_embedder import TinyEmbedder

# No five characters come twice, so that one changed character leaves a Jaccard index above 0.9.
LONG = "".join(f"第{i}步由{chr(0x4E00 + 37 * i)}到{chr(0x6E00 + 53 * i)}，" for i in range(20)) + "最后标明出处。"


class Corpus:
    """A folder of Markdown files and the index built of it."""

    def __init__(self, root: Path) -> None:
        self.folder, self.versions, self.made = root / "docs", Versions(root / "index"), root / "made"
        self.embedder = TinyEmbedder()
        self.chunker: Chunker = RecursiveChunker(100)

    def write(self, **texts: str) -> None:
        self.folder.mkdir(exist_ok=True)
        for name, text in texts.items():
            (self.folder / f"{name}.md").write_text(text, "utf-8")

    def build(self, near_threshold: float | None = 0.9, force: bool = False, **texts: str) -> Outcome:
        self.write(**texts)
        self.embedder.embedded.clear()
        steps = CleanSteps()
        return build_index(
            [self.folder],
            self.versions,
            self.embedder,
            self.chunker,
            steps,
            Packs(),
            near_threshold=near_threshold,
            max_bytes=10_000,
            force=force,
            made=self.made,
        )

    def open(self) -> Snapshot:
        return self.versions.open(self.embedder.fingerprint)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path)


def places(snapshot: Snapshot, document: str) -> list[str]:
    """The texts citable in a document: its own chunks and aliases."""
    every = chain(snapshot.chunks, *snapshot.aliases.values())
    return [c.text for c in sorted(every, key=lambda c: c.start) if c.document == document]


def content(snapshot: Snapshot) -> object:
    return snapshot.documents, snapshot.entries, tuple(snapshot.chunks), snapshot.aliases


def test_a_build(corpus: Corpus) -> None:
    outcome = corpus.build(a="# 题\n\n## 1. 节\n\n★★ **1. 甲？**\n\n答。\n\n★ **2. 乙？**\n", b="无标题。")
    snapshot = corpus.open()
    assert outcome.built
    assert outcome.manifest == snapshot.manifest
    assert snapshot.manifest.counts == {
        "documents": 2,
        "entries": 2,
        "answered": 1,
        "chunks": 3,
        "aliases": 0,
    }
    assert list(snapshot.manifest.sources) == ["a.md", "b.md"]
    assert outcome.warnings == ("b.md: no headings; cut as one section",)
    indexed = [c.indexed for c in snapshot.chunks]
    np.testing.assert_array_equal(snapshot.dense.vectors(), TinyEmbedder().embed_passages(indexed))
    titles = [group.title for group in snapshot.groups if group.title not in indexed]
    assert corpus.embedder.embedded == [*indexed, *titles]


def test_unchanged_inputs_are_not_built_again(corpus: Corpus) -> None:
    first = corpus.build(a="甲。")
    second = corpus.build()
    assert (second.built, second.manifest, second.reused) == (False, first.manifest, 1)
    assert corpus.embedder.embedded == []
    third = corpus.build(force=True)
    assert (third.built, third.manifest.version) == (True, first.manifest.version)


@pytest.mark.parametrize("change", ["chunker", "embedder", "clean", "name"])
def test_whatever_changes_the_index_is_a_change(corpus: Corpus, change: str) -> None:
    first = corpus.build(a="甲。", b="乙。")
    if change == "chunker":
        corpus.chunker = RecursiveChunker(99)
    elif change == "embedder":
        corpus.embedder = TinyEmbedder(fingerprint="tiny-2")
    elif change == "name":
        (corpus.folder / "b.md").rename(corpus.folder / "c.md")
    outcome = corpus.build(near_threshold=0.8 if change == "clean" else 0.9)
    assert outcome.built
    assert outcome.manifest.version != first.manifest.version
    assert bool(corpus.embedder.embedded) == (change == "embedder")


def test_only_what_changed_is_embedded(corpus: Corpus) -> None:
    text = "## A\n\n一。\n\n## B\n\n二。\n\n## C\n\n三。\n"
    corpus.build(a=text, b="## D\n\n四。\n")
    outcome = corpus.build(a=text.replace("二", "五"))
    assert corpus.embedder.embedded == ["B\n五。"]
    assert outcome.reused == 3
    corpus.build(c="## E\n\n六。\n")
    assert corpus.embedder.embedded == ["E\n六。", "E"]


def test_an_incremental_build_equals_a_fresh_one(corpus: Corpus, tmp_path: Path) -> None:
    """Through edits, copies, near copies and removals; also where windows of text overlap."""
    for chunker in (RecursiveChunker(30), WindowChunker(1)):
        corpus.chunker = chunker
        near = LONG.replace("出处", "来源", 1)
        corpus.build(
            a=f"## A\n\n{LONG}\n\n甲。乙。",
            b=f"## A\n\n{LONG}\n\n甲。乙。",
            c=f"## C\n\n{LONG}\n\n丙。丁。戊。",
        )
        for texts in (
            {"a": f"## A\n\n{LONG}\n\n甲。己。"},
            {"c": f"## C\n\n{near}\n\n丙。丁。戊。"},
            {"d": f"## C\n\n{near}\n\n丙。丁。戊。"},
            {"c": "## 新\n\n庚。"},
        ):
            corpus.write(**texts)
            corpus.build()
            kept = corpus.open()
            shutil.rmtree(corpus.made)
            anew = corpus.build(force=True)
            assert content(corpus.open()) == content(kept)
            assert anew.manifest.files == kept.manifest.files  # bit for bit, the report too


def test_a_copy_is_an_alias_citable_at_both_places(corpus: Corpus) -> None:
    text = f"## A\n\n{LONG}\n\n## B\n\n短。\n\n## C\n\n{LONG}\n"
    corpus.build(a=text, b=text)
    snapshot = corpus.open()
    assert {c.document for c in snapshot.chunks} == {"a.md"}
    assert places(snapshot, "a.md") == places(snapshot, "b.md") != []
    assert snapshot.documents["b.md"] == text


def test_a_copy_stays_whole_when_its_original_changes(corpus: Corpus) -> None:
    """Also where passages of both were equal to a third file's."""
    text = f"## A\n\n{LONG}\n\n## B\n\n短。\n"
    corpus.build(a0=f"## A\n\n{LONG}\n", a=text, b=text)
    corpus.build(a=text.replace("短", "长"))
    snapshot = corpus.open()
    assert "".join(places(snapshot, "b.md")) == f"{LONG}短。"
    ids = [c.id for c in chain(snapshot.chunks, *snapshot.aliases.values())]
    assert len(set(ids)) == len(ids)


def test_near_copies_of_passages_are_all_indexed_and_reported(corpus: Corpus) -> None:
    near = LONG.replace("出处", "来源", 1)
    corpus.chunker = RecursiveChunker(1000)
    texts = {"a": f"## A\n\n{LONG}\n", "b": f"## B\n\n{near}\n\n## C\n\n别的。\n", "c": f"## A\n\n{LONG}\n\n尾。\n"}
    corpus.write(**texts)
    outcome = corpus.build()
    snapshot = corpus.open()
    assert [c.text for c in snapshot.chunks] == [LONG, near, "别的。", f"{LONG}\n\n尾。"]
    assert snapshot.aliases == {}
    first = outcome.report.near[0]
    assert (first.one, first.other) == ((Spot("a.md", "A", (3, 3)),), (Spot("b.md", "B", (3, 3)),))
    assert first.differences == (("出处", "来源"),)
    assert len(outcome.report.near) == 3
    report = json.loads((corpus.versions.folder(outcome.manifest.version) / "report.json").read_text("utf-8"))
    assert [pair["alike"] for pair in report["near"]] == [pair.alike for pair in outcome.report.near]
    assert corpus.build(near_threshold=None).report.near == ()


def test_a_pair_is_named_with_all_the_places_of_its_texts(corpus: Corpus) -> None:
    corpus.chunker = RecursiveChunker(1000)
    near = LONG.replace("第5步", "第6步", 1)
    texts = {"a": f"## A\n\n{LONG}\n", "b": f"## B\n\n{LONG}\n", "c": f"## C\n\n{near}\n", "d": f"# D\n\n{near}\n"}
    corpus.write(**texts)
    (pair,) = corpus.build().report.near
    assert [[spot.name for spot in spots] for spots in (pair.one, pair.other)] == [["a.md", "b.md"], ["c.md", "d.md"]]
    assert pair.differences == (("5", "6"),)


def test_equal_passages_are_aliases_under_equal_headings_alone(corpus: Corpus) -> None:
    corpus.chunker = RecursiveChunker(1000)
    corpus.build(a=f"## A\n\n{LONG}\n\n## B\n\n甲。\n", b=f"## A\n\n{LONG}\n\n## C\n\n乙。\n\n## D\n\n{LONG}\n")
    snapshot = corpus.open()
    assert [(c.document, *c.heading_path) for c in snapshot.chunks if c.text == LONG] == [("a.md", "A"), ("b.md", "D")]
    ((alias,),) = snapshot.aliases.values()
    assert (alias.document, alias.heading_path, alias.text) == ("b.md", ("A",), LONG)


def test_entries_never_lose_their_text_to_another_entry(corpus: Corpus) -> None:
    """Neither within a file nor to an edited copy of the file, where entries bear the same numbers."""
    corpus.chunker = RecursiveChunker(1000)
    text = f"## 1. 节\n\n★ **1. 甲？**\n\n{LONG}\n\n★ **2. 乙？**\n\n{LONG}\n\n★ **3. 丙？**\n"
    corpus.build(a=text, b=f"{text}\n## 又\n\n{LONG}\n")
    snapshot = corpus.open()
    assert snapshot.aliases == {}
    for entry in snapshot.entries:
        (own,) = (c for c in snapshot.chunks if (c.document, c.entry_id) == (entry.document, entry.id))
        assert own.kind == ("text" if entry.answered else "listing")
    assert {g.key for g in snapshot.groups} >= {(e.document, e.id) for e in snapshot.entries}


def test_repeated_passages_of_one_entry_are_indexed_once(corpus: Corpus) -> None:
    corpus.chunker = RecursiveChunker(len(LONG) + 2)
    corpus.build(a=f"## 1. 节\n\n★ **1. 甲？**\n\n{LONG}\n\n{LONG}\n")
    snapshot = corpus.open()
    assert len(snapshot.chunks) == 1
    assert len(places(snapshot, "a.md")) == 2


def test_overlapping_windows_are_no_duplicates(corpus: Corpus) -> None:
    corpus.chunker = WindowChunker(9)
    corpus.build(a="## A\n\n第一句话。第二句话。第三句话。\n")
    assert [c.focused for c in corpus.open().chunks] == ["第一句话。", "第二句话。", "第三句话。"]


def test_a_damaged_index_is_built_anew(corpus: Corpus) -> None:
    version = corpus.build(a="甲。").manifest.version
    (corpus.versions.folder(version) / "dense.faiss").write_bytes(b"x")
    with pytest.raises(SnapshotError):
        corpus.open()
    assert corpus.build().built
    assert corpus.open().documents == {"a.md": "甲。"}


def bad_utf8(folder: Path) -> None:
    (folder / "bad.md").write_bytes("甲".encode() + b"\xff\xfe\xfa" * 9)


def too_large(folder: Path) -> None:
    (folder / "bad.md").write_text("x" * 10_001)


def empty(folder: Path) -> None:
    (folder / "bad.md").write_text(" \n")


@pytest.mark.parametrize("spoil", [bad_utf8, too_large, empty])
def test_an_unfit_file_is_reported_and_the_rest_is_built(corpus: Corpus, spoil: Callable[[Path], None]) -> None:
    corpus.write(a="甲。")
    spoil(corpus.folder)
    outcome = corpus.build()
    assert corpus.open().documents == {"a.md": "甲。"}
    (skipped,) = outcome.report.skipped
    assert skipped.name == "bad.md"
    assert f"bad.md: {skipped.reason}" in str(outcome.report)


@pytest.mark.parametrize("spoil", [bad_utf8, too_large, empty, lambda folder: None])
def test_nothing_to_index(corpus: Corpus, spoil: Callable[[Path], None]) -> None:
    corpus.build(a="甲。")
    before = corpus.versions.current()
    (corpus.folder / "a.md").unlink()
    spoil(corpus.folder)
    with pytest.raises(BuildError, match=r"nothing to index in '.*docs':") as error:
        corpus.build()
    assert ("bad.md" in str(error.value)) == (corpus.folder / "bad.md").exists()
    assert corpus.versions.current() == before
    assert corpus.open().documents == {"a.md": "甲。"}


def test_headings_alone_are_nothing_to_index(corpus: Corpus) -> None:
    with pytest.raises(BuildError, match="no text in them"):
        corpus.build(a="# 只有标题\n")


def test_a_missing_path_is_an_error(corpus: Corpus) -> None:
    with pytest.raises(FileNotFoundError, match="none"):
        build_index([Path("none")], corpus.versions, corpus.embedder, corpus.chunker, CleanSteps(), Packs())
    assert corpus.versions.current() is None


def test_a_broken_fence_is_a_warning(corpus: Corpus) -> None:
    outcome = corpus.build(a="## A\n\n```\n甲。\n\n## B\n\n乙。\n")
    assert outcome.warnings == ("a.md: line 3: code fence '```' is never closed; read as text",)
    assert [c.heading_path for c in corpus.open().chunks] == [("A",), ("B",)]


def test_progress_is_told(corpus: Corpus) -> None:
    told: list[tuple[str, int, int]] = []
    corpus.write(a="## A\n\n甲。", b="## B\n\n乙。")
    build_index(
        [corpus.folder],
        corpus.versions,
        corpus.embedder,
        corpus.chunker,
        CleanSteps(),
        Packs(),
        progress=lambda *step: told.append(step),
    )
    assert told == [
        ("read", 1, 2),
        ("read", 2, 2),
        ("chunk", 1, 2),
        ("chunk", 2, 2),
        ("embed", 2, 2),
        ("titles", 2, 2),
    ]


def test_long_passages_have_pieces_and_only_new_ones_are_embedded(corpus: Corpus) -> None:
    corpus.chunker = RecursiveChunker(2000)
    lines = [
        f"第{i}台机器每周检查一次，检查时先断电，再看{chr(0x4E00 + 37 * i)}号阀的刻度是不是在红线以下，最后签字。"
        for i in range(9)
    ]
    corpus.build(a="## 甲\n\n" + "\n\n".join(lines), b="## 乙\n\n一句话。")
    made = corpus.open()
    assert made.pieces is not None
    assert np.diff(made.pieces.at).tolist() == [9, 0]
    cosines = made.pieces.vectors[:9].astype(np.float32) @ made.pieces.vectors[4].astype(np.float32)
    assert int(cosines.argmax()) == 4  # in the order of the text
    lines[3] = lines[3].replace("每周", "每天")
    corpus.build(a="## 甲\n\n" + "\n\n".join(lines))
    assert [text for text in corpus.embedder.embedded if text in lines] == [lines[3]]
    again = corpus.open().pieces
    assert again is not None
    assert np.array_equal(np.delete(again.vectors, 3, axis=0), np.delete(made.pieces.vectors, 3, axis=0))


def test_too_many_passages_have_no_pieces(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"## 1. 甲\n\n### ★★★☆☆ **1. 怎么做？**\n\n{LONG}{LONG}{LONG}\n"
    corpus.build(a=text)
    pieces = corpus.open().pieces
    assert pieces is not None
    assert len(pieces.vectors) > 1
    monkeypatch.setattr("ingest.build.MOST", 0)
    corpus.build(a=text + LONG)
    assert corpus.open().pieces is None


def test_what_has_not_changed_is_not_made_again(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of forty documents that answer questions by themselves one changes; what is damaged is made again."""
    texts = {f"d{i}": f"# 题{i}\n\n{LONG}\n\n第{i}台机器每周检查一次。它的编号是{i}{i}号。\n" for i in range(40)}
    corpus.write(**texts)
    corpus.build()
    calls: list[str] = []

    def noted(name: str, text: Callable[..., str], owner: object) -> None:
        real = getattr(owner, name)

        def noting(*given: object) -> object:
            calls.append(f"{name} {text(*given)}")
            return real(*given)

        monkeypatch.setattr(owner, name, noting)

    noted("mask_secrets", lambda text: text, clean)
    noted("parse", lambda name, _: name, outline)
    noted("split", lambda document: document.name, corpus.chunker)
    noted("terms", lambda _, text: text, Words)
    outcome = corpus.build(d7=texts["d7"].replace("每周", "每月"))
    assert [call for call in calls if call.startswith(("parse", "split"))] == ["parse d7.md", "split d7.md"]
    assert sum(call.startswith("mask_secrets") for call in calls) == 1
    assert {call.partition("\n")[0] for call in calls if call.startswith("terms") and "\n" in call} == {"terms 题7"}
    assert outcome.reused == len(corpus.open().chunks) - 1
    assert corpus.embedder.embedded
    assert not any("每周" in text for text in corpus.embedder.embedded)  # nor what documents ask of themselves
    for path in corpus.made.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    shutil.rmtree(corpus.versions.root)
    assert corpus.build().manifest.version == outcome.manifest.version
