"""How many passages are drawn on where there are no entries: as many as their scores leave in doubt."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.index.snapshot import Snapshot
from service.search.fusion import Weighted
from service.search.passages import gather
from service.search.retrieve import Candidate, Query, Retriever
from service.search.scale import Scale
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.tiny_index import index

SUBJECTS = ("水泵", "风机", "锅炉", "电梯", "吊车")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder: Path = tmp_path_factory.mktemp("index")
    return index(folder, **{f"d{n}": f"{subject}由值班员每天巡检一次。" for n, subject in enumerate(SUBJECTS)})


def drawn(snapshot: Snapshot, scores: list[float], unit: str = "nats") -> list[str]:
    """The documents drawn on, of candidates that are all there are, in their order and with these scores."""
    retriever = Retriever(snapshot, Weighted(snapshot.fitted.fusion))
    query = Query.of("巡检", TinyEmbedder().embed_queries(["巡检"])[0], snapshot.pack.words)
    margins = snapshot.fitted.stages[0].margins.model_copy(update={"unit": unit, "beside": 1.0})
    ordered = sorted(retriever.retrieve(query, 5), key=lambda candidate: candidate.chunk.document)
    candidates: list[Candidate] = [replace(c, score=score) for c, score in zip(ordered, scores, strict=True)]
    return [p.document for p in gather(snapshot, query, candidates, retriever, Scale(None, None, margins))]


@pytest.mark.parametrize(
    ("odds", "count"),
    [
        ((100, 1, 1, 1, 1), 1),  # 0.96 that it is the first
        ((5, 4, 1, 1, 1), 2),  # 0.75 that it is one of two, 0.42 that it is the first
        ((1, 1, 1, 1, 1), 4),
        ((6, 3, 2, 1, 1), 3),
    ],
)
def test_as_many_are_drawn_as_are_in_doubt(snapshot: Snapshot, odds: tuple[float, ...], count: int) -> None:
    assert drawn(snapshot, [math.log(each) for each in odds]) == [f"d{n}.md" for n in range(count)]


def test_places_say_nothing_of_odds(snapshot: Snapshot) -> None:
    assert drawn(snapshot, [5.0, 4.0, 3.0, 2.0, 1.0], "places") == ["d0.md", "d1.md"]
