import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.fitted import Fitted, FittedError
from ingest.pack import none
from tests.support.packs import PACK


@pytest.mark.parametrize("pack", [PACK, none()], ids=lambda pack: pack.name)
def test_what_is_written_is_read_again(pack: Any, tmp_path: Path) -> None:
    path = tmp_path / "fitted.json"
    path.write_text(pack.fitted.model_dump_json(exclude_defaults=True), "utf-8")
    assert Fitted.read(path) == pack.fitted


def test_general_numbers_belong_to_no_documents_and_name_what_they_were_fitted_with() -> None:
    assert none().fitted.documents == {}
    assert none().fitted.fused.confidence.direction == none().fitted.reranked.confidence.direction == ()
    assert list(PACK.fitted.documents) == list(PACK.card.documents)
    assert none().fitted.embedder
    assert none().fitted.reranker


def test_a_margin_that_is_not_given_is_never_reached(tmp_path: Path) -> None:
    margins = json.loads((none().folder / "fitted.json").read_text("utf-8"))["fused"]["margins"]
    given = {name: margins[name] for name in ("ahead", "far_ahead", "held", "covered")}
    read = type(none().fitted.fused.margins).model_validate(given)
    assert read.preferred == read.said == math.inf


def test_nothing_can_be_set() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(PACK.fitted.fusion, "bm25", 1.0)  # noqa: B010


def missing_part(numbers: dict[str, Any]) -> None:
    del numbers["blend"]


def unknown_part(numbers: dict[str, Any]) -> None:
    numbers["fusion"]["colour"] = 1


def wild_threshold(numbers: dict[str, Any]) -> None:
    numbers["reranked"]["confidence"]["threshold"] = 1.5


def words_for_numbers(numbers: dict[str, Any]) -> None:
    numbers["support"]["bias"] = "much"


def another_format(numbers: dict[str, Any]) -> None:
    numbers["format"] = 2


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (missing_part, "blend"),
        (unknown_part, r"fusion\.colour"),
        (wild_threshold, r"reranked\.confidence\.threshold"),
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
