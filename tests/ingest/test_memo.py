"""What is kept is what was made: once for each thing that it is of, and again when it cannot be trusted."""

from pathlib import Path

import pytest

from ingest import memo as module
from ingest.memo import Memo


def squares(memo: Memo, made: list[int], *numbers: int) -> list[tuple[int, str]]:
    def square(number: int) -> tuple[int, str]:
        made.append(number)
        return number * number, "平方\ud800"

    return [memo.value(("square", str(n)), lambda n=n: square(n), list, lambda row: tuple(row)) for n in numbers]  # type: ignore[misc]


def test_a_value_is_made_once(tmp_path: Path) -> None:
    made: list[int] = []
    first = squares(Memo(tmp_path), made, 2, 3, 2)
    assert made == [2, 3]
    assert squares(Memo(tmp_path), made, 2, 3) == first[:2] == [(4, "平方\ud800"), (9, "平方\ud800")]
    assert made == [2, 3]
    assert squares(Memo(tmp_path, anew=True), made, 3) == first[1:2]
    assert made == [2, 3, 3]
    assert squares(Memo(), made, 2) == first[:1]
    assert made == [2, 3, 3, 2]


@pytest.mark.parametrize("damage", [b"", b"\n", b"[1]", b"deadbeef\n[5, 'x']"])
def test_what_is_damaged_is_made_again(tmp_path: Path, damage: bytes) -> None:
    made: list[int] = []
    squares(Memo(tmp_path), made, 2)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage)
    assert squares(Memo(tmp_path), made, 2)[0][0] == 4
    assert made == [2, 2]


def test_another_program_makes_all_anew_and_what_is_not_used_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    squares(Memo(tmp_path), made, 2, 3)
    monkeypatch.setattr(module, "_program", lambda: "another")
    memo = Memo(tmp_path)
    squares(memo, made, 2)
    assert made == [2, 3, 2]
    memo.tidy()
    assert len(list(tmp_path.iterdir())) == 1
