"""Which part of an answer a citation stands for."""

import pytest

from service.api import contract
from service.api.spans import cited_spans


def citation(n: int) -> contract.Citation:
    return contract.Citation(
        n=n, chunk_id="c", entry_id=None, document="d", heading_path=[], quote="q", start=0, end=1, support=1
    )


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("甲。 [1] 乙。[2]", [(1, "甲。"), (2, "乙。")]),
        ("甲。 [1] [2]", [(1, "甲。"), (2, "甲。")]),
        ("## 题\n\n- 甲 [1]\n  - 乙 [2]\n", [(1, "- 甲"), (2, "- 乙")]),
        ("| a |\n|---|\n| b | [1]\n\n丙 😀 [2]", [(1, "| a |\n|---|\n| b |"), (2, "丙 😀")]),
        ("```\nx[1]\n```\n[2]", [(2, "```\nx[1]\n```")]),
        ("见 [3\\] 和 [9]。 [1]", [(1, "见 [3\\] 和 [9]。")]),
        ("无", []),
    ],
)
def test_spans(text: str, spans: list[tuple[int, str]]) -> None:
    found = cited_spans(text, [citation(1), citation(2)])
    assert [(each.citation.n, text[each.start : each.end]) for each in found] == spans
