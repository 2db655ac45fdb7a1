import os
from pathlib import Path

import pytest

from ingest.index import verified
from ingest.index.verified import Verified


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file of which it is long ago that it was written."""
    monkeypatch.setattr(verified, "TICK", -(1 << 60))
    (tmp_path / "files").mkdir()
    (tmp_path / "files/a").write_text("1")
    return tmp_path / "files"


def noted(folder: Path) -> Verified:
    of = Verified.of(folder.parent / "verified", "v")
    with of.noting(folder, ["a"]):
        pass
    return of


def test_what_was_found_intact_is_remembered(folder: Path) -> None:
    assert not Verified.of(folder.parent / "verified", "v").holds(folder, ["a"])
    noted(folder)
    assert Verified.of(folder.parent / "verified", "v").holds(folder, ["a"])
    assert not Verified.of(folder.parent / "verified", "other").holds(folder, ["a"])
    assert not Verified.of(folder.parent / "verified", "v").holds(folder, ["a", "b"])


def test_a_touched_file_is_not_known_any_more(folder: Path) -> None:
    of, before = noted(folder), (folder / "a").stat()
    (folder / "a").write_text("2")
    os.utime(folder / "a", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (folder / "a").stat().st_mtime_ns == before.st_mtime_ns
    assert not of.holds(folder, ["a"])


def test_a_replaced_or_missing_file_is_not_known(folder: Path) -> None:
    of = noted(folder)
    (folder / "b").write_text("1")
    (folder / "b").replace(folder / "a")
    assert not of.holds(folder, ["a"])
    (folder / "a").unlink()
    assert not of.holds(folder, ["a"])


def test_nothing_is_noted_of_what_was_found_damaged(folder: Path) -> None:
    of = Verified.of(folder.parent / "verified", "v")
    with pytest.raises(ValueError, match="damaged"), of.noting(folder, ["a"]):
        raise ValueError("damaged")
    assert not of.holds(folder, ["a"])


def test_a_file_that_has_only_just_been_written_is_looked_at_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verified, "TICK", 10**12)
    assert not noted(folder).holds(folder, ["a"])


def test_another_machine_looks_for_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noted(folder)
    monkeypatch.setattr(verified, "_MACHINE", ())
    monkeypatch.setattr("platform.node", lambda: "another")
    assert not Verified.of(folder.parent / "verified", "v").holds(folder, ["a"])


@pytest.mark.parametrize("content", ["", "{", "[]", "\udcff"])
def test_a_damaged_note_says_nothing(folder: Path, content: str) -> None:
    of = noted(folder)
    of.path.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert not of.holds(folder, ["a"])


def test_where_nothing_can_be_written_nothing_is_known(folder: Path) -> None:
    (folder.parent / "verified").write_text("a file where the folder would be")
    assert not noted(folder).holds(folder, ["a"])
