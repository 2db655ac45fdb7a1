import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.fitted import Blend, Fitted, FittedError, Reciprocal
from ingest.pack import none
from tests.support.packs import PACK


@pytest.mark.parametrize("pack", [PACK, none()], ids=lambda pack: pack.name)
def test_what_is_written_is_read_again(pack: Any, tmp_path: Path) -> None:
    path = tmp_path / "fitted.json"
    pack.fitted.write(path)
    assert [each.name for each in tmp_path.iterdir()] == ["fitted.json"]
    assert Fitted.read(path) == pack.fitted


def test_general_numbers_belong_to_no_documents_and_name_what_they_were_fitted_with() -> None:
    assert none().fitted.documents == {}
    assert [stage.own for stage in none().fitted.stages] == [None] * len(none().fitted.stages)
    assert {stage.confidence.direction for stage in (*none().fitted.stages, *PACK.fitted.stages)} == {()}
    assert list(PACK.fitted.documents) == list(PACK.card.documents)
    assert none().fitted.tokeniser == ""  # any
    for fitted in (none().fitted, PACK.fitted):
        assert fitted.embedder
        assert all(stage.fusion for stage in fitted.stages)
        assert fitted.stages[0].fusion.startswith("weighted ")


@pytest.mark.parametrize("pack", [PACK, none()], ids=lambda pack: pack.name)
def test_a_stage_holds_for_its_own_fusion_reranker_and_blend_alone(pack: Any) -> None:
    for stage in pack.fitted.stages:
        assert pack.fitted.stage(stage.fusion, stage.reranker, stage.blend) is stage
        assert pack.fitted.stage(f"{stage.fusion}1", stage.reranker, stage.blend) is None
        assert pack.fitted.stage(stage.fusion, "BAAI/bge-reranker-v2-m3", stage.blend) is None
        assert pack.fitted.stage(stage.fusion, stage.reranker, Blend(weight=7.0, fused=7.0)) is None
        assert stage.margins.unit == "nats"
    assert pack.fitted.places.unit == "places"


def test_a_blend_is_that_of_the_fusion_or_else_of_another_one() -> None:
    stage = next(stage for stage in PACK.fitted.stages if stage.blend)
    assert PACK.fitted.blend(stage.fusion) == PACK.fitted.blend("of someone's own") == stage.blend


def test_a_stage_decides_alike_on_scaled_scores() -> None:
    stage = PACK.fitted.stages[0]
    twice = stage.scaled(2.0)
    assert twice.margins.ahead == pytest.approx(2 * stage.margins.ahead)
    assert (twice.margins.held, twice.margins.sentence) == (stage.margins.held, stage.margins.sentence)
    assert twice.confidence.caps["margin"] == pytest.approx(2 * stage.confidence.caps["margin"])
    assert twice.confidence.weights["margin"] * 4.0 == pytest.approx(stage.confidence.weights["margin"] * 2.0, abs=1e-3)
    assert twice.confidence.weights["bm25"] == stage.confidence.weights["bm25"]


def test_another_k_keeps_what_the_first_place_is_worth_over_the_second() -> None:
    fitted, other = Reciprocal(k=60, factor=200.0), Reciprocal(k=60, factor=200.0).of(10)

    def lead(r: Reciprocal) -> float:
        return r.factor * (1 / (r.k + 1) - 1 / (r.k + 2))

    assert other.k == 10
    assert lead(other) == pytest.approx(lead(fitted)) == pytest.approx(200 / 61 / 62)


def test_the_shipped_numbers_are_of_the_shipped_words() -> None:
    """After a change to how texts are read, `python -m ingest fit` is due: until then places count, not margins."""
    assert PACK.fitted.tokeniser == PACK.words.fingerprint


def test_nothing_can_be_set() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(PACK.fitted.fusion, "bm25", 1.0)  # noqa: B010


def missing_part(numbers: dict[str, Any]) -> None:
    del numbers["match"]


def unknown_part(numbers: dict[str, Any]) -> None:
    numbers["fusion"]["colour"] = 1


def wild_threshold(numbers: dict[str, Any]) -> None:
    numbers["stages"][0]["confidence"]["threshold"] = 1.5


def words_for_numbers(numbers: dict[str, Any]) -> None:
    numbers["support"]["bias"] = "much"


def another_format(numbers: dict[str, Any]) -> None:
    numbers["format"] = 1


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (missing_part, "match"),
        (unknown_part, r"fusion\.colour"),
        (wild_threshold, r"stages\.0\.confidence\.threshold"),
        (words_for_numbers, r"support\.bias"),
        (another_format, "format"),
    ],
)
def test_a_wrong_field_is_named_with_the_remedy(
    spoil: Callable[[dict[str, Any]], None], field: str, tmp_path: Path
) -> None:
    numbers = json.loads((none().folder / "fitted.json").read_text("utf-8"))
    spoil(numbers)
    path = tmp_path / "fitted.json"
    path.write_text(json.dumps(numbers), "utf-8")
    with pytest.raises(
        FittedError, match=rf"fitted\.json holds no fitted numbers: [^`]*{field}[^`]*`python -m ingest fit`"
    ):
        Fitted.read(path)


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff\xfe"])
def test_a_file_without_numbers_is_named(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "fitted.json").write_bytes(content)
    with pytest.raises(FittedError, match=r"fitted\.json holds no fitted numbers"):
        Fitted.read(tmp_path / "fitted.json")
