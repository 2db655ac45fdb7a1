from pathlib import Path

import numpy as np
import pytest

from ingest.index.keys import Keys


def test_strings_are_found_by_their_numbers(tmp_path: Path) -> None:
    strings = ["甲", "b", "", "甲", "👩‍🔬", "甲", "c" * 100_000]
    made = Keys.of(strings)
    made.save(tmp_path / "keys.npy")
    for keys in (made, Keys.load(tmp_path / "keys.npy")):
        assert len(keys) == 7
        assert [keys.numbers(string) for string in strings] == [[0, 3, 5], [1], [2], [0, 3, 5], [4], [0, 3, 5], [6]]
        assert keys.numbers("乙") == keys.numbers("\udcff") == []


def test_no_strings() -> None:
    assert Keys.of([]).numbers("") == []


def test_another_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "keys.npy", np.zeros(3, np.uint64))
    with pytest.raises(ValueError, match=r"keys.npy holds uint64 \(3,\)"):
        Keys.load(tmp_path / "keys.npy")
