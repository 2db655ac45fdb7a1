"""What becomes of a candidate to write."""

import os
import time
from pathlib import Path

import pytest

from service.serve.candidacy import FILE, Candidacy, CandidacyError

HOUR = 3_600.0


def test_it_is_tried_until_somebody_decides(tmp_path: Path) -> None:
    candidacy = Candidacy(tmp_path / "index", "a1")
    assert candidacy.state == "tried"
    candidacy.promote()
    assert (candidacy.state, Candidacy(tmp_path / "index", "a1").state) == ("promoted", "promoted")
    candidacy.demote(HOUR)
    assert candidacy.state == "withdrawn"
    candidacy.begin()
    assert candidacy.state == "tried"


def test_another_candidate_begins_anew(tmp_path: Path) -> None:
    Candidacy(tmp_path, "a1").promote()
    other = Candidacy(tmp_path, "b2")
    assert other.state == "tried"
    with pytest.raises(CandidacyError, match="b2 was not promoted"):
        other.demote(HOUR)
    assert Candidacy(tmp_path, "a1").state == "promoted"


def test_an_old_promotion_is_not_taken_back_by_itself(tmp_path: Path) -> None:
    candidacy = Candidacy(tmp_path, "a1")
    candidacy.promote()
    old = time.time() - 49 * HOUR
    os.utime(tmp_path / FILE, (old, old))
    with pytest.raises(CandidacyError, match="49 hours ago"):
        candidacy.demote(48 * HOUR)
    assert candidacy.state == "promoted"


@pytest.mark.parametrize("text", ["", "promoted", "elected a1", "\x00\x00\x00", "promoted a1 b2"])
def test_a_file_that_says_nothing_decides_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text, "utf-8")
    assert Candidacy(tmp_path, "a1").state == "tried"
