from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import bootstrap
from ingest.__main__ import main
from ingest.index.versions import Versions
from tests.support.tiny_embedder import TinyEmbedder

TEXT = """# 题

## 1. 基础

★★★★★ **1. 检索是什么？**

检索从文档中找出段落 [/b]。

★★☆☆☆ **2. 检索 [cls] 如何评测？**
"""


class Shell:
    """The command line over one index in a folder of its own."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capture = folder, capture
        self.versions = Versions(folder / "index")

    def run(self, *arguments: object) -> tuple[int, str]:
        """Return the exit status and all that was printed."""
        status = main([str(argument) for argument in arguments])
        captured = self._capture.readouterr()
        return status, captured.out + captured.err

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / "docs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTLINE_QA_INDEX", str(tmp_path / "index"))
    monkeypatch.setenv("OUTLINE_QA_CORPUS", f'["{tmp_path / "docs"}"]')
    monkeypatch.setenv("OUTLINE_QA_MAX_FILE_MB", "1")
    monkeypatch.setenv("COLUMNS", "160")
    return Shell(tmp_path, capsys)


@pytest.fixture
def tiny(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The same without the weights of the real model."""
    monkeypatch.setattr(bootstrap, "embedder", lambda settings: TinyEmbedder())
    return shell


def test_with_the_real_model(shell: Shell, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLINE_QA_EMBEDDER__MODEL", str(model_folder))
    shell.write("a.md", TEXT)
    status, said = shell.run("build")
    assert status == 0, said
    snapshot = shell.versions.open()
    assert (snapshot.dense.dimension, len(snapshot.chunks)) == (384, 2)
    assert f"index {snapshot.manifest.version} is current: 1 documents, 2 entries" in said


def test_build_twice(tiny: Shell) -> None:
    tiny.write("a.md", TEXT)
    status, said = tiny.run("build")
    assert status == 0
    assert "1 files read, 1 kept" in said
    assert "2 entries, 1 answered, 2 chunks, 0 aliases; 0 chunks reused" in said
    status, said = tiny.run("build")
    assert status == 0
    assert f"index {tiny.versions.current()} is up to date" in said
    assert "0 chunks reused" in tiny.run("build", "--force")[1]


def test_build_of_paths_given(tiny: Shell) -> None:
    tiny.write("a.md", TEXT)
    other = tiny.write("b.txt", "别的。")
    assert tiny.run("build", other)[0] == 0
    assert list(tiny.versions.open().documents) == ["b.txt"]


def test_coverage_names_what_comes_nearest(tiny: Shell) -> None:
    tiny.write("a.md", TEXT)
    tiny.run("build")
    status, said = tiny.run("coverage")
    assert status == 0
    assert "检索 [cls] 如何评测？" in said
    assert "1.1 检索是什么？ (0." in said
    assert "1 of 2 entries have no answer" in said


def test_versions_diff_and_rollback(tiny: Shell) -> None:
    tiny.write("a.md", TEXT)
    tiny.run("build")
    first = tiny.versions.current()
    assert first
    tiny.write("a.md", f"{TEXT}\n评测看召回率。\n\n★ **3. 新问题？**\n")
    tiny.write("[/x].md", "新的文件。")
    tiny.run("build")
    second = tiny.versions.current()
    assert second
    status, said = tiny.run("versions")
    assert status == 0
    assert first in said
    assert second in said
    assert f"* │ {second}" in said
    status, said = tiny.run("diff", first, second[:11])
    assert status == 0
    assert said.splitlines() == [
        "document added: [/x].md",
        "document changed: a.md",
        "entry changed: 1.2 (answered False -> True)",
        "entry added: 1.3",
        "- 1.2 '★★☆☆☆ **2. 检索 [cls] 如何评测？**'",
        "+ [/x].md '新的文件。'",
        "+ 1.2 '评测看召回率。'",
        "+ 1.3 '★ **3. 新问题？**'",
        "2 -> 4 chunks, 1 in both",
    ]
    assert tiny.run("rollback", first[:11])[0] == 0
    assert tiny.versions.current() == first


def test_diff_names_settings(tiny: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write("a.md", TEXT)
    tiny.run("build")
    first = tiny.versions.current()
    monkeypatch.setenv("OUTLINE_QA_CHUNKER__KIND", "recursive")
    tiny.run("build")
    assert "setting chunker: semantic-" in (said := tiny.run("diff", first, tiny.versions.current())[1])
    assert "-> recursive-2:500" in said


@pytest.mark.parametrize("command", [("coverage",), ("rollback", "abc"), ("diff", "a", "b")])
def test_without_an_index(tiny: Shell, command: tuple[str, ...]) -> None:
    status, said = tiny.run(*command)
    assert status == 1
    assert said.startswith("error: ")
    assert "python -m ingest" in said


def test_rollback_to_a_damaged_version_is_refused(tiny: Shell) -> None:
    tiny.write("a.md", "甲。")
    tiny.run("build")
    first = tiny.versions.current()
    assert first
    tiny.write("a.md", "乙。")
    tiny.run("build")
    second = tiny.versions.current()
    (tiny.versions.folder(first) / "dense.faiss").unlink()
    status, said = tiny.run("rollback", first)
    assert (status, tiny.versions.current()) == (1, second)
    assert "'dense.faiss' is missing" in said


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda shell: None, "nothing to index in"),
        (lambda shell: shell.write("bad.md", ""), "bad.md: empty"),
        (lambda shell: shell.write("bad.md", b"\xb2\xe2\xff\xff\xc3" * 9), "bad.md: "),
        (
            lambda shell: shell.write("bad.md", "x" * (1 << 20) + "x"),
            "larger than the limit of 1,048,576 bytes",
        ),
        (lambda shell: shell.write("bad.md", "# 题\n\n## 节\n"), "no text in them"),
        (lambda shell: (shell.folder / "docs").rename(shell.folder / "moved"), "docs'"),
    ],
)
def test_where_nothing_can_be_built_the_index_stays(tiny: Shell, spoil: Callable[[Shell], object], said: str) -> None:
    path = tiny.write("a.md", TEXT)
    tiny.run("build")
    before = tiny.versions.current()
    path.unlink()
    spoil(tiny)
    status, printed = tiny.run("build")
    assert status == 1
    assert "error: " in printed
    assert said in printed
    assert tiny.versions.current() == before
    assert tiny.versions.open().manifest.counts["entries"] == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bad.md", b"\xb2\xe2\xff\xff\xc3" * 9, "  bad.md: "),
        ("bad.md", b"x" * (1 << 20) + b"x", "  bad.md: larger than the limit"),
        ("bad.md", b"", "  bad.md: empty"),
        ("plain.md", "没有标题。".encode(), "warning: plain.md: no headings; cut as one section"),
        (
            "fence.md",
            "# 题\n\n```\n甲".encode(),
            "warning: fence.md: line 3: code fence '```' is never closed",
        ),
        ("copy.md", TEXT.encode(), "  copy.md = a.md (exact)"),
    ],
)
def test_bad_input_beside_good_is_a_line_in_the_report(tiny: Shell, name: str, content: bytes, said: str) -> None:
    tiny.write("a.md", TEXT)
    tiny.write(name, content)
    status, printed = tiny.run("build")
    assert status == 0
    assert said in printed
    assert tiny.versions.open().documents["a.md"] == TEXT


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CHUNKER__MAX_TOKENS", "501", "60..501 and 128 tokens"),
        ("CHUNKER__MAX_TOKENS", "-1", "chunker"),
        ("EMBEDDER__MODLE", "x", "modle"),
    ],
)
def test_wrong_settings_are_an_error(
    tiny: Shell, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"OUTLINE_QA_{name}", value)
    tiny.write("a.md", TEXT)
    status, printed = tiny.run("build")
    assert status == 1
    assert said in printed


def test_a_missing_model_is_an_error(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLINE_QA_EMBEDDER__MODEL", "./no/model")
    shell.write("a.md", TEXT)
    status, printed = shell.run("build")
    assert status == 1
    assert "'./no/model' does not exist" in printed
