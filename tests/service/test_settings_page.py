"""The tables of the settings' page: each setting once, whatever kinds of a group have it."""

import pytest

from service.settings import ServiceSettings
from service.settings_page import HEAD, fill, variables


def page(*names: str) -> str:
    return f"Before.\n\n<!-- settings: {' '.join(names)} -->\nold\n<!-- end -->\n\nAfter.\n"


def test_the_words_around_a_table_stay_and_its_lines_are_new() -> None:
    written = fill(page(*ServiceSettings.model_fields))
    assert written.startswith("Before.\n\n<!-- settings: corpus index")
    assert written.endswith("<!-- end -->\n\nAfter.\n")
    assert HEAD in written
    assert "\nold\n" not in written
    assert written.count("\n| `OUTLINE_QA_") == len(variables())
    assert fill(written) == written


def test_a_setting_that_is_left_out_or_named_twice_is_told() -> None:
    names = [name for name in ServiceSettings.model_fields if name != "port"]
    with pytest.raises(ValueError, match="see port"):
        fill(page(*names))
    with pytest.raises(ValueError, match="name each setting once"):
        fill(page(*names, "port", "port"))


def test_kinds_share_a_line_and_say_whose_it_is() -> None:
    rows = variables()
    default, kinds = rows["OUTLINE_QA_FUSION__KIND"]
    assert default == "`weighted`"
    assert kinds.startswith("`weighted`, `rrf` (reciprocal rank fusion) or `plugin` (")
    assert rows["OUTLINE_QA_CHUNKER__SIZE"] == (
        "`500`",
        "recursive: code points of a chunk at most; fixed: code points of a chunk",
    )
    assert rows["OUTLINE_QA_RERANK__CANDIDATES"] == ("`12`", "fused candidates that are scored")
    assert rows["OUTLINE_QA_RERANK__MODEL"][0] == "required"
    assert rows["OUTLINE_QA_EMBEDDER__DEVICE"][0] == "unset"
    assert rows["OUTLINE_QA_WRITER__API_KEY"][0] == "`EMPTY`"
    assert rows["OUTLINE_QA_CLEAN__SECRETS"][0] == "`true`"
