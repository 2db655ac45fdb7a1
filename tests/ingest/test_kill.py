"""Builds killed at any moment leave the old index, or the new one, whole."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.index.versions import Versions
from ingest.pack import Packs
from tests.support.killable import Killable, make
from tests.support.paths import ROOT
from tests.support.tiny_embedder import TinyEmbedder


def text(version: str) -> str:
    sections = "".join(f"### ★★★ **{n}. 问题{n}？**\n\n{version}的第{n}段。\n\n" for n in range(1, 30))
    return f"# 题\n\n## 1. 节\n\n{sections}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With an index of an old text."""
    (tmp_path / "n.md").write_text(text("旧"), "utf-8")
    make(tmp_path)
    return tmp_path


def document(folder: Path) -> str:
    """What the current index, opened and checked, holds."""
    return Versions(folder / "index").open("tiny-1").documents["n.md"]


def check_next_build(folder: Path, version: str) -> None:
    (folder / "n.md").write_text(text(version), "utf-8")
    make(folder)
    assert document(folder) == text(version)
    assert not [*(folder / "index").glob(".building-*"), *(folder / "index").glob(".current-*")]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("before write", "旧"),
        ("after write", "旧"),
        ("before rename", "旧"),
        ("after rename", "旧"),
        ("before replace", "旧"),
        ("after replace", "新"),
    ],
)
def test_killed_around_publishing(folder: Path, moment: str, expected: str) -> None:
    (folder / "n.md").write_text(text("新"), "utf-8")
    builder = Killable(folder, moment)
    builder.wait_for("begin")
    builder.wait_for(moment)
    builder.kill()
    assert document(folder) == text(expected)
    check_next_build(folder, "新")


@pytest.mark.slow
def test_killed_at_ten_moments(folder: Path) -> None:
    (folder / "n.md").write_text(text("零"), "utf-8")
    builder = Killable(folder, "never")
    builder.wait_for("begin")
    begin = time.monotonic()
    builder.wait_for("end")
    whole = time.monotonic() - begin
    builder.kill()
    old = "零"
    for step in range(10):
        new = f"第{step}版"
        (folder / "n.md").write_text(text(new), "utf-8")
        builder = Killable(folder, "never")
        builder.wait_for("begin")
        time.sleep(whole * (step + 0.5) / 10)
        builder.kill()
        assert document(folder) in (text(old), text(new))
        if step % 3 == 2:  # else the next build meets what several killed ones left
            check_next_build(folder, new)
        old = new if document(folder) == text(new) else old
    check_next_build(folder, "末版")


SLOW = """
import sys
from pathlib import Path
from tests.ingest.test_kill import long_build
print("begin", flush=True)
long_build(Path(sys.argv[1]), delay=0.05)
"""


def long_build(folder: Path, delay: float = 0) -> TinyEmbedder:
    """Build 6,000 passages; `delay` is the seconds of each call of the embedder."""
    tiny = TinyEmbedder(delay=delay)
    versions, made = Versions(folder / "index"), folder / "made"
    chunker, packs = RecursiveChunker(10), Packs("none")
    build_index([folder / "long.md"], versions, tiny, chunker, CleanSteps(), packs, near_threshold=None, made=made)
    return tiny


def test_killed_while_embedding_goes_on_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "long.md").write_text("".join(f"第{number}句话说。\n\n" for number in range(6000)), "utf-8")
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline() == "begin\n"
        left = tmp_path / "made" / "vectors.sqlite"
        while not left.is_file() or left.stat().st_size < 2 << 20:
            assert builder.poll() is None
            time.sleep(0.01)
        builder.kill()
    assert not (tmp_path / "index" / "current").exists()
    again = long_build(tmp_path)
    assert 0 < len(again.embedded) < 6000 - 512
    assert not left.exists()
    files = Versions(tmp_path / "index").open("tiny-1").manifest.files
    for folder in ("index", "made"):
        shutil.rmtree(tmp_path / folder)
    assert len(long_build(tmp_path).embedded) == 6001  # and the title above them
    assert Versions(tmp_path / "index").open("tiny-1").manifest.files == files  # bit for bit
