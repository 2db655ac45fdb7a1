import numpy as np
import pytest

from ingest.index.nearness import relative, spread_of


def test_by_hand() -> None:
    found = relative([8.0, 4.0, 0.0], [0.80, 0.90, 0.85], 0.05)
    assert found.tolist() == [pytest.approx([1.0, -2.0]), pytest.approx([0.5, 0.0]), pytest.approx([0.0, -1.0])]


def test_without_a_shared_word_or_anything() -> None:
    assert relative([0.0, 0.0], [0.5, 0.4], 0.1).tolist() == [pytest.approx([0.0, 0.0]), pytest.approx([0.0, -1.0])]
    assert relative([], [], 0.1).shape == (0, 2)


def test_the_spread_is_the_deviation_of_all_cosines() -> None:
    titles = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    passages = np.array([[1.0, 0.0], [0.6, 0.8]], np.float32)
    assert spread_of(titles, passages) == pytest.approx(np.std([1.0, 0.6, 0.0, 0.8]))
    assert spread_of(titles[:1], titles[:1]) == 1.0  # one cosine does not scatter
