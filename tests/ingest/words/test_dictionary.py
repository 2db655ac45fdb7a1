"""Counts are jieba's own, and a copy of them is believed only where nobody else can have put it."""

import os
from pathlib import Path

import jieba
import pytest

from ingest.words.dictionary import counts

OWN = pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owner to look at")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "outline-qa"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each time that jieba's file is read."""
    times: list[int] = []
    gen_pfdict = jieba.Tokenizer.gen_pfdict

    def watched(file: object) -> object:
        times.append(1)
        return gen_pfdict(file)

    monkeypatch.setattr(jieba.Tokenizer, "gen_pfdict", staticmethod(watched))
    return times


@OWN
def test_the_file_is_read_once(home: Path, read: list[int]) -> None:
    tokeniser = jieba.Tokenizer()
    expected = jieba.Tokenizer.gen_pfdict(tokeniser.get_dict_file())
    read.clear()
    assert counts() == expected
    assert counts() == expected
    assert len(read) == 1
    (copy,) = home.iterdir()
    assert not copy.stat().st_mode & 0o077
    assert not home.stat().st_mode & 0o077


@OWN
@pytest.mark.parametrize("spoilt", ["cut", "other", "old", "folder", "file"])
def test_what_cannot_be_trusted_is_made_again(home: Path, read: list[int], spoilt: str) -> None:
    expected = counts()
    (copy,) = home.iterdir()
    if spoilt == "cut":
        copy.write_bytes(copy.read_bytes()[:-1])
    elif spoilt == "other":
        copy.write_bytes(b"N")
    elif spoilt == "old":
        os.utime(copy, (1, 1))
    elif spoilt == "folder":
        home.chmod(0o777)
    else:
        copy.chmod(0o666)
    assert counts() == expected
    assert len(read) == 2


def test_without_a_place_to_keep_it_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert counts()[1] > 0
