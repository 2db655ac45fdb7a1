"""What a fit to an outline's questions may change of the numbers for any documents."""

from pathlib import Path

from ingest.fit.run import general
from ingest.fitted import Blend, Fitted
from ingest.pack import SHIPPED

PRESENT = Fitted.read(SHIPPED / "none" / "fitted.json")


def outline(path: Path = SHIPPED / "llm-interview" / "fitted.json") -> Fitted:
    """Numbers of an outline, with another fusion."""
    fitted = Fitted.read(path)
    fusion = "weighted bm25=9"
    stages = [s.model_copy(update={"fusion": fusion}) if s.fusion.startswith("weighted") else s for s in fitted.stages]
    return fitted.model_copy(update={"stages": tuple(stages)})


def test_confidence_and_blend_stay_those_of_any_documents() -> None:
    made = general(outline(), PRESENT)
    assert [(s.confidence, s.few, s.blend, s.own) for s in made.stages] == [
        (s.confidence, s.few, s.blend, None) for s in PRESENT.stages
    ]
    assert made.choices == PRESENT.choices
    assert made.cosines == PRESENT.cosines
    assert not made.documents


def test_stages_go_by_the_fusion_that_was_fitted() -> None:
    names = {stage.fusion.partition(" ")[0]: stage.fusion for stage in general(outline(), PRESENT).stages}
    assert names["weighted"] == "weighted bm25=9"


def test_margins_of_another_blend_are_not_taken() -> None:
    fitted = outline()
    changed = [
        stage.model_copy(
            update={
                "margins": stage.margins.model_copy(update={"ahead": 99.0}),
                "blend": Blend(weight=0.9, fused=0.5) if stage.reranker else None,
            }
        )
        for stage in fitted.stages
    ]
    made = general(fitted.model_copy(update={"stages": tuple(changed)}), PRESENT)
    ahead = {bool(stage.reranker): stage.margins.ahead for stage in made.stages}
    assert ahead[False] == 99
    assert ahead[True] != 99
