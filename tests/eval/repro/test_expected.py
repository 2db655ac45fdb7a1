"""Published figures as data: what is read, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from eval.repro.expected import Expectation, ExpectedError, load

ROW: dict[str, Any] = {
    "id": "hit",
    "what": {"en": "first", "zh": "第一"},
    "command": "python -m x",
    "data": "some",
    "values": {"hit_1": [0.9304, 0.02], "share": [0.025, 0.01]},
    "text": {"en": "{hit_1:.3f} ({share:.1%})", "zh": "{hit_1:.2f}"},
    "machine": "one",
    "date": "2026-11-28",
}
TABLE: dict[str, Any] = {"head": "what | measured", "cells": ["what", "text"], "rows": ["hit"]}


def write(folder: Path, figures: Any, tables: Any = None) -> Path:
    path = folder / "expected.yaml"
    path.write_text(yaml.safe_dump({"figures": figures, "tables": tables or {"one": TABLE}}), "utf-8")
    return path


def test_cells_are_written_in_both_languages(tmp_path: Path) -> None:
    row = load(write(tmp_path, [ROW])).figures["hit"]
    assert [row.cell(name, "en") for name in ("what", "text")] == ["first", "0.930 (2.5 %)"]
    assert [row.cell(name, "zh") for name in ("what", "text")] == ["第一", "0.93"]


def test_a_command_is_shown_with_its_settings_and_without_the_place_of_its_target() -> None:
    settings = {"OUTLINE_QA_PORT": "1"}
    row = Expectation("a", "a", "python -m x --target {target} --n 2", "", {}, "", "", "2026-11-28", settings=settings)
    assert row.cell("command", "en") == "`OUTLINE_QA_PORT=1 python -m x --n 2`"


@pytest.mark.parametrize(
    ("figures", "tables", "fault"),
    [
        ([ROW, ROW], None, "has an id twice"),
        ([ROW], {"one": TABLE | {"rows": ["miss"]}}, "its tables name miss"),
        ([ROW | {"colour": "red"}], None, r"0\.colour: Unexpected keyword argument"),
        ([{key: value for key, value in ROW.items() if key != "date"}], None, r"0\.date: "),
        ([ROW | {"values": {"hit_1": 0.9}}], None, r"0\.values\.hit_1: "),
        (None, None, "figures|list"),
    ],
)
def test_a_fault_is_named(figures: Any, tables: Any, fault: str, tmp_path: Path) -> None:
    with pytest.raises(ExpectedError, match=fault):
        load(write(tmp_path, figures, tables))


def test_what_is_no_file_of_figures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("figures: [", "utf-8")
    for name in ("none.yaml", "broken.yaml"):
        with pytest.raises(ExpectedError, match="cannot read the published figures"):
            load(tmp_path / name)
