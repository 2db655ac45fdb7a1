"""What a heading calls by the very name that is asked for."""

import pytest

from ingest.chunk import Chunk
from service.search.lexicon import Lexicon
from service.search.retrieve import Candidate
from service.search.titled import BEHIND, Titled
from tests.support.tiny_index import index

NOTES = """# 咖啡机

## 除垢（Descaling）

每三个月做一次。

## 除垢之后如何检查水路

除垢后放两杯清水，检查水路。
"""


@pytest.fixture(scope="module")
def titled(tmp_path_factory: pytest.TempPathFactory) -> Titled:
    return Titled(Lexicon(index(tmp_path_factory.mktemp("titled"), a=NOTES)))


def candidate(heading: str, score: float) -> Candidate:
    return Candidate(
        Chunk(heading, "text", "a.md", (heading,), None, None, 0, 1, (0, 1), "。"), score, None, None, 0.0, 0.0
    )


@pytest.mark.parametrize(
    ("question", "behind", "first"),
    [
        ("什么是除垢？", BEHIND, "除垢（Descaling）"),
        ("What is descaling?", BEHIND, "除垢（Descaling）"),
        ("什么是除垢？", BEHIND + 0.1, "除垢之后如何检查水路"),  # too far behind
        ("除垢之后怎么检查水路？", BEHIND, "除垢之后如何检查水路"),  # it names more
    ],
)
def test_it_comes_first_where_it_is_about_as_good(titled: Titled, question: str, behind: float, first: str) -> None:
    longer, called = candidate("除垢之后如何检查水路", 3.0), candidate("除垢（Descaling）", 3.0 - behind)
    found = titled.first(question, [longer, called])
    assert found[0].chunk.id == first
    assert (found[0].score, len(found)) == (3.0 + (found[0] is not longer) * BEHIND, 2)
