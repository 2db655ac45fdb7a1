from dataclasses import replace

import pytest

from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from ingest.pack import Pack, none
from service.bootstrap import Service
from service.decide.confidence import FEATURES, RERANKED, Matcher, models
from service.search.scorers import SHIPPED, ShippedScorer
from tests.support.packs import PACK, WORDS


@pytest.mark.parametrize("pack", [PACK, none()], ids=lambda pack: pack.name)
def test_what_is_stored_fits_the_features_and_the_model_that_ships(pack: Pack) -> None:
    for stage, features in ((pack.fitted.fused, FEATURES), (pack.fitted.reranked, RERANKED)):
        assert tuple(stage.confidence.weights) == features
        assert 0 < stage.confidence.threshold < 1
    assert pack.fitted.reranker == ShippedScorer(folder=SHIPPED).name


@pytest.mark.parametrize("other", ["", "BAAI/bge-reranker-v2-m3"])
def test_the_scores_of_another_reranker_are_not_taken_for_the_shipped_ones(snapshot: Snapshot, other: str) -> None:
    found = models(snapshot, other)
    assert found.reranked is found.fused
    shipped = models(snapshot, ShippedScorer().name)
    assert shipped.reranked.fitted.bias != shipped.fused.fitted.bias
    assert shipped.fused.fitted.bias == found.fused.fitted.bias


def test_scored_candidates_have_more_features(service: Service, snapshot: Snapshot, embedder: Embedder) -> None:
    retriever = service.retriever(snapshot)
    matcher = Matcher(snapshot, retriever)
    (query,) = service.queries(["KV 缓存为什么能加快推理？"], WORDS)
    candidates = retriever.retrieve(query, 10)
    assert tuple(matcher.features(query, candidates)) == FEATURES
    scored = [replace(c, rerank_score=float(place)) for place, c in enumerate(candidates)]
    found = matcher.features(query, scored)
    assert tuple(found) == RERANKED
    assert (found["answer"], found["second"]) == (9 / 3, 8 / 3)
    text = max(place for place, c in enumerate(candidates) if c.chunk.kind == "text")
    assert found["answer_text"] == text / 3
    listings = [c for c in scored if c.chunk.kind == "listing"] or [scored[0]]
    assert set(matcher.features(query, listings[:1])) == {*RERANKED}
    service.close()


@pytest.mark.parametrize(
    ("question", "is_unknown"),
    [
        ("How does attention work, and what does Zorbax do about it?", True),
        ("How does attention work, and what does BERT do about it?", False),
        ("How does attention work, and what do zorbas do about it?", False),  # a rare word, not a name
        ("Zorbaxes attend to what?", False),  # every sentence begins with a capital
        ("注意力怎么算，zorbax 又怎么办？", True),
    ],
)
def test_names_that_no_document_has_are_noticed(
    service: Service, snapshot: Snapshot, question: str, is_unknown: bool
) -> None:
    retriever = service.retriever(snapshot)
    (query,) = service.queries([question], WORDS)
    features = Matcher(snapshot, retriever).features(query, retriever.retrieve(query, 10))
    assert (features["unknown_name"] > 0) == is_unknown
    service.close()
