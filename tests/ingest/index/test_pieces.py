from pathlib import Path

import numpy as np
import pytest

from ingest.index.pieces import SHORT, Pieces, divided

LONG = "滤芯每三个月换一次，换之前先关掉进水阀，再按住泄压钮数到十，等指针回到零位再拆。"


def vectors(*rows: tuple[float, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array(rows, np.float32)


def texts(text: str) -> list[str]:
    return [piece.text for piece in divided(text)]


@pytest.fixture
def kept() -> Pieces:
    """Passages of two pieces, of none and of one."""
    return Pieces.build(vectors((1, 0), (0, 1), (0.6, 0.8)), [2, 0, 1])


def test_a_text_is_cut_at_sentences_and_lines_and_short_ones_go_together() -> None:
    assert texts(f"{LONG}{LONG}好。\n行。\n{LONG}") == [LONG, f"{LONG} 好。 行。", LONG]
    assert texts(f"短。{LONG * 2}") == [f"短。 {LONG}", LONG]
    assert all(len(piece) < SHORT for piece in texts("水箱每周清洗。" * 30))
    assert "".join(texts(LONG * 5)) == LONG * 5


def test_a_piece_says_where_it_stands() -> None:
    text = f"{LONG}好。\n\n行。\n{LONG}"
    assert [text[piece.start : piece.stop] for piece in divided(text)] == [f"{LONG}好。\n\n行。", LONG]


@pytest.mark.parametrize("text", ["", "水箱每周清洗。", LONG, f"短。{LONG}"])
def test_what_is_one_piece_has_none(text: str) -> None:
    assert divided(text) == []


def test_of_many_pieces_the_nearest_counts_more_than_the_passage(kept: Pieces) -> None:
    vector, cosines = np.array([0.8, 0.6], np.float32), np.array([0.1, 0.5, 0.7, 0.5])
    # One piece says no more than the passage, of two the nearest, 0.8, counts half.
    assert kept.nearest([2, 0, 1, 0], vector, cosines) == pytest.approx([0.1, 0.65, 0.7, 0.65], abs=1e-3)
    assert kept.nearest([1], vector, np.array([0.3])).tolist() == [0.3]
    assert len(kept.nearest([], vector, np.array([]))) == 0


def test_a_place_is_as_near_as_the_nearest_piece_in_it(kept: Pieces) -> None:
    text, vector, n = LONG * 2, np.array([0.8, 0.6], np.float32), len(LONG)
    near = kept.within(0, text, vector, [(0, 5), (n, n + 5), (n - 3, n + 3), (-9, -1)])
    assert near == pytest.approx([0.8, 0.6, 0.8, 0.6], abs=1e-3)
    assert kept.within(1, LONG, vector, [(0, 5)]) == []


def test_a_part_is_in_the_order_asked_for(kept: Pieces) -> None:
    part = kept.of([2, 1, 0])
    assert part.at.tolist() == [0, 1, 1, 3]
    assert part.vectors[:, 0].tolist() == pytest.approx([0.6, 1.0, 0.0], abs=1e-3)
    assert kept.of([]).at.tolist() == [0]


def test_it_is_read_back_as_written(kept: Pieces, tmp_path: Path) -> None:
    kept.save(tmp_path / "pieces")
    again = Pieces.load(tmp_path / "pieces")
    assert np.array_equal(again.vectors, kept.vectors)
    assert again.at.tolist() == [0, 2, 2, 3]
    np.save(tmp_path / "pieces" / "at.npy", np.array([0, 2, 2, 4]))
    with pytest.raises(ValueError, match="disagree"):
        Pieces.load(tmp_path / "pieces")
