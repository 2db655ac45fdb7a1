"""Builds killed at any moment leave the old index, or the new one, whole."""

import time
from pathlib import Path

import pytest

from ingest.index.versions import Versions
from tests.support.killable import Killable, make


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
