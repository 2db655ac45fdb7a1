from dataclasses import replace

import pytest

from ingest.fitted import FEW
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from ingest.pack import Pack, none
from service.bootstrap import Service
from service.decide.confidence import FEATURES, RERANKED, Matcher, confidence_models, other_cosines
from service.search.scale import Scale
from service.search.scorers import SHIPPED, ShippedScorer
from tests.support.packs import PACK, WORDS


@pytest.mark.parametrize("pack", [PACK, none()], ids=lambda pack: pack.name)
def test_what_is_stored_fits_the_features_and_the_model_that_ships(pack: Pack) -> None:
    for stage in pack.fitted.stages:
        for model in filter(None, (stage.confidence, stage.few, stage.own)):
            assert tuple(model.weights) == (RERANKED if stage.reranker else FEATURES)
            assert set(model.caps) <= {*FEATURES}
            assert 0 < model.threshold < 1
    assert {stage.reranker for stage in pack.fitted.stages} == {"", ShippedScorer(folder=SHIPPED).name}


def test_scores_that_nothing_was_fitted_to_are_not_taken_for_those_that_were(snapshot: Snapshot) -> None:
    fused, reranked = (next(s for s in PACK.fitted.stages if bool(s.reranker) is scored) for scored in (False, True))
    other = confidence_models(snapshot, Scale(fused, None, PACK.fitted.places))
    assert other.reranked.fitted == other.fused.fitted
    shipped = confidence_models(snapshot, Scale(fused, reranked, PACK.fitted.places))
    assert shipped.reranked.fitted.bias != shipped.fused.fitted.bias
    assert shipped.fused.fitted == other.fused.fitted
    assert confidence_models(snapshot, Scale(None, None, PACK.fitted.places)).reranked.fitted == shipped.fused.fitted


def test_the_service_as_it_ships_has_what_was_fitted_to_its_scores(service: Service, snapshot: Snapshot) -> None:
    scale = service.parts(snapshot).searcher.scale
    assert scale.fused is not None
    assert scale.reranked is not None
    service.close()


def test_other_documents_are_judged_by_what_holds_for_any(snapshot: Snapshot) -> None:
    fused = PACK.fitted.stages[0]
    manifest = replace(snapshot.manifest, sources={"other.md": "0"})
    other = confidence_models(replace(snapshot, manifest=manifest), Scale(fused, None, PACK.fitted.places))
    assert (other.fused.fitted, other.fused.direction.size) == (fused.confidence, 0)
    assert confidence_models(snapshot, Scale(fused, None, PACK.fitted.places)).fused.fitted == fused.own


def test_another_embedders_cosines_are_put_where_those_lay_that_were_fitted_to(
    service: Service, snapshot: Snapshot
) -> None:
    manifest = replace(snapshot.manifest, settings={**snapshot.manifest.settings, "embedder": "another"})
    another = replace(snapshot, manifest=manifest)
    cosines = other_cosines(another)
    assert cosines is not None
    assert cosines == PACK.fitted.cosines
    assert other_cosines(snapshot) is None
    assert other_cosines(replace(another, chunks=snapshot.chunks[: FEW - 1])) is None  # too few tell no spread
    retriever = service.retriever(snapshot)
    (query,) = service.queries(["KV 缓存为什么能加快推理？"], WORDS)
    found = retriever.retrieve(query, 5)
    own, other = (Matcher(snapshot, retriever, cosines=put).features(query, found) for put in (None, cosines))
    assert other["average"] == pytest.approx(10 * cosines.average)
    assert other["cosine"] == pytest.approx(10 * (cosines.average + own["nearest"] * cosines.spread))
    same = set(own) - {"average", "cosine"}
    assert {name: own[name] for name in same} == {name: other[name] for name in same}
    service.close()


def test_with_another_embedder_the_models_of_the_same_stages_decide(service: Service, snapshot: Snapshot) -> None:
    manifest = replace(snapshot.manifest, settings={**snapshot.manifest.settings, "embedder": "another"})
    other, searcher = replace(snapshot, manifest=manifest), service.parts(snapshot).searcher
    scale = Scale.of(other, searcher.retriever, searcher.reranker)
    assert (scale.fused, scale.reranked) == (None, None)
    models = confidence_models(other, scale)
    assert [models.fused.fitted, models.reranked.fitted] == [stage and stage.confidence for stage in scale.telling]
    assert models.reranked.fitted != models.fused.fitted
    service.close()


def test_of_a_few_passages_what_was_fitted_to_few_decides(snapshot: Snapshot) -> None:
    stage, manifest = none().fitted.stages[0], replace(snapshot.manifest, sources={"other.md": "0"})
    scale = Scale(stage, None, none().fitted.places)
    for chunks, model in ((FEW, stage.confidence), (FEW - 1, stage.few)):
        other = replace(snapshot, manifest=manifest, chunks=snapshot.chunks[:chunks])
        assert confidence_models(other, scale).fused.fitted == model


def test_scored_candidates_have_more_features(service: Service, snapshot: Snapshot, embedder: Embedder) -> None:
    retriever = service.retriever(snapshot)
    matcher = Matcher(snapshot, retriever)
    query, other = service.queries(["KV 缓存为什么能加快推理？", "Why does a KV cache speed up inference?"], WORDS)
    candidates = retriever.retrieve(query, 10)
    assert tuple(matcher.features(query, candidates)) == FEATURES
    assert [matcher.features(each, candidates)["across"] for each in (query, other)] == [0.0, 1.0]
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


def test_what_is_called_as_a_heading_of_the_first_is_in_the_documents(service: Service, snapshot: Snapshot) -> None:
    matcher = Matcher(snapshot, service.retriever(snapshot))

    def stands(text: str) -> bool:
        [query] = service.queries([text], WORDS)
        return matcher.stands(query, service.retriever(snapshot).retrieve(query, 10))

    assert stands("采样温度是什么意思")  # "#### 7. 采样温度 (Temperature)"
    assert stands("What is temperature?")
    assert not stands("采样频率是什么意思")
    assert not stands("采样温度和困惑度有什么关系")
    assert not stands("量子温度是什么")
