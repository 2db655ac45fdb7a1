import gc
import weakref
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from ingest.index.records import Records, write_records

ROWS = [{"a": "甲\u2028"}, ["👩‍🔬", None], "", {"b": 1.5}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_records(tmp_path / "rows.jsonl", ROWS)
    return tmp_path / "rows.jsonl"


def test_rows_are_those_that_were_written(path: Path) -> None:
    records = Records(path, lambda row: row)
    assert (list(records), len(records)) == (ROWS, 4)
    assert [records[row] for row in range(4)] == [records[cast("int", np.int32(row))] for row in range(4)] == ROWS
    assert (records[-1], records[1:3], records[9:]) == (ROWS[-1], tuple(ROWS[1:3]), ())
    for row in (4, -5):
        with pytest.raises(IndexError, match=f"{row}: there are 4 rows"):
            records[row]


def test_a_row_is_decoded_when_it_is_asked_for_and_the_last_are_kept(path: Path) -> None:
    decoded: list[object] = []
    records = Records(path, decoded.append, kept=1)
    for row in (0, 0, 1, 0):
        records[row]
    assert decoded == [ROWS[0], ROWS[1], ROWS[0]]


def test_no_rows(tmp_path: Path) -> None:
    write_records(tmp_path / "none.jsonl", [])
    assert list(Records(tmp_path / "none.jsonl", str)) == []


def test_a_file_of_another_length_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ValueError, match=r"rows.jsonl is not of the length that its places say"):
        Records(path, str)


def test_what_is_no_longer_used_goes_at_once(path: Path) -> None:
    """A circle would stay: the service has the collector leave alone what it serves."""
    records = Records(path, str)
    records[0]
    gone = weakref.ref(records)
    gc.disable()
    try:
        del records
        assert gone() is None
    finally:
        gc.enable()
