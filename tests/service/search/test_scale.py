"""Which margins hold: those that were fitted to how candidates are scored, or places."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ingest.fitted import Blend, Fitted
from ingest.index.snapshot import Snapshot
from service.search.fusion import Evidence, Fusion, ReciprocalRank, Weighted
from service.search.rerank import NoReranker
from service.search.retrieve import Candidate, Retriever
from service.search.scale import Scale, distances
from tests.support.tiny_index import index
from tests.support.weighted import weighted


class Scorer(NoReranker):
    """Has a name and a blend, which is all that a scale looks at."""

    def __init__(self, name: str, blend: Blend) -> None:
        self.name, self.blend = name, blend  # type: ignore[assignment]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """An index whose pack was fitted with its own embedder."""
    found = index(tmp_path_factory.mktemp("index"), a="# 泵\n\n## 保养\n\n离心泵每月检查轴承。\n")
    return fitted(found, embedder=found.manifest.settings["embedder"])


def fitted(snapshot: Snapshot, **numbers: object) -> Snapshot:
    return replace(snapshot, pack=replace(snapshot.pack, fitted=snapshot.pack.fitted.model_copy(update=numbers)))


def numbers(snapshot: Snapshot) -> Fitted:
    """The pack's, with the fusion that the build chose."""
    return snapshot.fitted


def scale(snapshot: Snapshot, fusion: Fusion | None = None, expansion: float | None = None) -> Scale:
    fusion = fusion or Weighted(numbers(snapshot).fusion)
    return Scale.of(snapshot, Retriever(snapshot, fusion, expansion=expansion), NoReranker())


def candidate(snapshot: Snapshot, score: float, rerank_score: float | None = None) -> Candidate:
    return Candidate(snapshot.chunks[0], score, 1, 1, 0.5, 0.5, rerank_score)


def test_the_fitted_fusion_has_fitted_margins(snapshot: Snapshot) -> None:
    found = scale(snapshot)
    assert found.fused is numbers(snapshot).stages[0]
    assert found.margins([candidate(snapshot, 1.0)]) == numbers(snapshot).stages[0].margins


class Own:
    """A fusion that nobody fitted anything to."""

    name = "own"

    def score(self, evidence: Mapping[int, Evidence], spread: float) -> dict[int, float]:
        return dict.fromkeys(evidence, 0.0)


def test_weights_of_ones_own_have_places(snapshot: Snapshot) -> None:
    for fusion in (Own(), weighted(1.0, 1.0, 1.0, 1.0, 0.0), ReciprocalRank(7)):
        found = scale(snapshot, fusion)
        assert found.fused is None
        assert found.margins([candidate(snapshot, 1.0)]) == numbers(snapshot).places
    assert scale(snapshot, expansion=0.99).fused is None


def test_another_embedder_or_tokeniser_has_places(snapshot: Snapshot) -> None:
    assert scale(fitted(snapshot, embedder="another")).fused is None
    assert scale(fitted(snapshot, tokeniser="words:another")).fused is None
    assert scale(fitted(snapshot, tokeniser=snapshot.manifest.settings["tokeniser"])).fused is not None


def test_a_cross_encoder_is_known_by_name_and_blend(snapshot: Snapshot) -> None:
    stage = next(stage for stage in numbers(snapshot).stages if stage.reranker)
    assert stage.blend is not None
    retriever = Retriever(snapshot, Weighted(numbers(snapshot).fusion))

    def reranked(name: str, blend: Blend) -> Scale:
        return Scale.of(snapshot, retriever, Scorer(name, blend))

    scored = [candidate(snapshot, 1.0, 0.5)]
    assert reranked(stage.reranker, stage.blend).margins(scored) == stage.margins
    assert reranked("another", stage.blend).margins(scored) == numbers(snapshot).places
    assert reranked(stage.reranker, Blend(weight=9.0, fused=9.0)).margins(scored) == numbers(snapshot).places
    late = [candidate(snapshot, 1.0)]  # the budget was over: as fused
    assert reranked(stage.reranker, stage.blend).margins(late) == numbers(snapshot).stages[0].margins


def test_distances_in_nats_and_in_places(snapshot: Snapshot) -> None:
    candidates = [candidate(snapshot, score) for score in (3.0, 2.5, -1.0)]
    assert distances(numbers(snapshot).stages[0].margins, candidates) == [0.0, 0.5, 4.0]
    assert distances(numbers(snapshot).places, candidates) == [0.0, 1.0, 2.0]
    assert distances(numbers(snapshot).places, []) == []
