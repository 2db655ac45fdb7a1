"""What was embedded before a kill is not embedded again, and the vectors are those of a run that nobody ended."""

from pathlib import Path

import numpy as np
import pytest

from ingest.models import checkpoint
from ingest.models.checkpoint import CheckpointEmbedder
from tests.support.tiny_embedder import TinyEmbedder

TEXTS = [f"第{number}段，number {number}. \ud800"[: 9 + number % 5] for number in range(30)]
FILE = "vectors.sqlite"


@pytest.fixture(autouse=True)
def shards_of_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "SHARD", 8)


class Ending(TinyEmbedder):
    """An embedder whose process is ended at a call."""

    def embed_passages(self, texts, progress=None):  # type: ignore[no-untyped-def]
        if len(self.embedded) >= 16:
            raise KeyboardInterrupt
        return super().embed_passages(texts, progress)


def interrupted(folder: Path) -> Ending:
    ending = Ending()
    with pytest.raises(KeyboardInterrupt):
        CheckpointEmbedder(ending, folder).embed_passages(TEXTS)
    return ending


def test_whole_shards_outlive_who_made_them(tmp_path: Path) -> None:
    assert interrupted(tmp_path / "made").embedded == TEXTS[:16]
    again, told = TinyEmbedder(), list[int]()
    vectors = CheckpointEmbedder(again, tmp_path / "made").embed_passages(TEXTS, told.append)
    assert again.embedded == TEXTS[16:]
    assert told == [24, 30]
    np.testing.assert_array_equal(vectors, TinyEmbedder().embed_passages(TEXTS))


def test_texts_count_and_not_where_they_stand(tmp_path: Path) -> None:
    interrupted(tmp_path)
    again, changed = TinyEmbedder(), ["new", *TEXTS[3:], TEXTS[4]]
    vectors = CheckpointEmbedder(again, tmp_path).embed_passages(changed)
    assert again.embedded == ["new", *TEXTS[16:]]
    np.testing.assert_array_equal(vectors, TinyEmbedder().embed_passages(changed))


def test_another_model_and_who_wants_all_anew_take_none(tmp_path: Path) -> None:
    interrupted(tmp_path)
    other = TinyEmbedder(fingerprint="tiny-2")
    CheckpointEmbedder(other, tmp_path).embed_passages(TEXTS)
    assert other.embedded == TEXTS
    anew = TinyEmbedder()
    CheckpointEmbedder(anew, tmp_path, anew=True).embed_passages(TEXTS)
    assert anew.embedded == TEXTS


def test_few_texts_leave_no_file(tmp_path: Path) -> None:
    CheckpointEmbedder(TinyEmbedder(), tmp_path).embed_passages(TEXTS[:8])
    CheckpointEmbedder(TinyEmbedder(), None).embed_passages(TEXTS)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("kept", [slice(0), slice(50), slice(4096), slice(4096, None)])
def test_what_is_damaged_is_made_again(tmp_path: Path, kept: slice) -> None:
    interrupted(tmp_path)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[kept])
    again = TinyEmbedder()
    vectors = CheckpointEmbedder(again, tmp_path).embed_passages(TEXTS)
    assert again.embedded == TEXTS
    np.testing.assert_array_equal(vectors, TinyEmbedder().embed_passages(TEXTS))
