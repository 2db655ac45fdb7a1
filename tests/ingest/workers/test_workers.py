"""Which setting means whom, what a checkpoint leaves to others, and what is prepared; no process but this one."""

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest import bootstrap
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.models.checkpoint import SHARD, CheckpointEmbedder
from ingest.pack import Packs
from ingest.prepare import Preparer, Recipe, files_of
from ingest.read.reading import Limits, UnfitError
from ingest.settings import BuildSettings, IngestSettings
from tests.support.tiny_embedder import TinyEmbedder


def test_one_worker_is_this_process() -> None:
    with bootstrap.workers(IngestSettings()) as workers:
        assert workers is None


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None if name == "ray" else found(name))
    for build in (BuildSettings(workers=2), BuildSettings(cluster="127.0.0.1:6379")):
        with pytest.raises(ValueError, match=r"needs an extra: pip install 'outline-qa\[ray\]'"):
            bootstrap.workers(IngestSettings(build=build))


def test_a_checkpoint_embeds_what_others_leave(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(3 * SHARD - 5)]
    other, own, told = TinyEmbedder(), TinyEmbedder(), list[int]()

    def elsewhere(shards: Sequence[Sequence[str]]) -> Iterator[NDArray[np.float32] | None]:
        assert [len(shard) for shard in shards] == [SHARD, SHARD, SHARD - 5]
        for number, shard in enumerate(shards):
            yield None if number == 1 else other.embed_passages(shard)

    made = CheckpointEmbedder(own, tmp_path, elsewhere=elsewhere).embed_passages(texts, told.append)
    np.testing.assert_array_equal(made, TinyEmbedder().embed_passages(texts))
    assert own.embedded == texts[SHARD : 2 * SHARD]
    assert told == [SHARD, 2 * SHARD, len(texts)]
    again = CheckpointEmbedder(own, tmp_path, elsewhere=lambda _: iter(())).embed_passages(texts)
    np.testing.assert_array_equal(again, made)


def test_what_is_prepared_lies_in_the_memo(tmp_path: Path) -> None:
    source, made = tmp_path / "n", tmp_path / "made"
    (source / "sub").mkdir(parents=True)
    (source / "a.md").write_text("# A\n\nred fox", "utf-8")
    (source / "sub" / "a.md").write_text("# B\n\ngrey fox", "utf-8")
    (source / "bad.pdf").write_bytes(b"no")
    files = files_of([source, source / "a.md", source / "sub"], Limits())
    assert [name for _, name in files] == ["a.md", "bad.pdf", "sub/a.md"]
    recipe = Recipe(1 << 20, Limits(), CleanSteps(), 0.9, Packs("none"), made, anew=False)
    preparer = Preparer(recipe, [name for _, name in files], RecursiveChunker(200))
    assert [preparer.prepare(file) for file in (files[0], files[2])] == [1, 1]
    assert len([*made.iterdir()]) == 4  # each cleaned and cut
    with pytest.raises(UnfitError):
        preparer.prepare(files[1])
