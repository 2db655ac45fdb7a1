from pathlib import Path

import numpy as np
import pytest

from ingest.clean import duplicates
from ingest.clean.compared import Compared
from ingest.clean.duplicates import bands, near_pairs, plain_digest
from tests.support.look_alikes import changed, passage

DIGESTS = [plain_digest(text) for text in "甲乙丙"]


def test_what_was_noted_is_known_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "compared"
    first = Compared(DIGESTS, path)
    assert np.isnan(first.of(2, [0, 1])).all()
    first.note(2, [0, 1], np.array([0.95, 0.0]))
    first.keep()
    again = Compared([*DIGESTS[::-1], plain_digest("丁")], path)  # other numbers, the same texts
    assert again.of(0, [2, 1]).tolist() == [0.95, 0.0]
    assert np.isnan(again.of(3, [0, 1, 2])).all()


def test_what_is_not_noted_again_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "compared"
    for _ in range(2):
        compared = Compared(DIGESTS, path)
        compared.keep()
    assert np.isnan(Compared(DIGESTS, path).of(1, [0])).all()


def test_a_damaged_file_knows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "compared"
    path.write_bytes(b"\x93NUMPY of something else")
    compared = Compared(DIGESTS, path)
    assert np.isnan(compared.of(1, [0])).all()
    compared.note(1, [0], np.array([0.5]))
    compared.keep()
    assert Compared(DIGESTS, path).of(1, [0]).tolist() == [0.5]


def test_only_what_is_new_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [changed(passage(seed % 3), [seed * 9]) for seed in range(9)]
    banded = [bands(text, 0.9) for text in texts]
    whole = near_pairs(texts, banded, 0.9)
    measured: list[str] = []
    sketch = duplicates._sketch

    def noted(text: str) -> duplicates.Hashes:
        measured.append(text)
        return sketch(text)

    def found(count: int) -> list[tuple[int, int, float]]:
        compared = Compared([plain_digest(text) for text in texts[:count]], tmp_path / "compared")
        pairs = near_pairs(texts[:count], banded[:count], 0.9, compared)
        compared.keep()
        return pairs

    found(8)
    monkeypatch.setattr(duplicates, "_sketch", noted)
    assert found(9) == whole
    assert set(measured) == {texts[8], *(texts[i] for i, j, _ in whole if j == 8)}
