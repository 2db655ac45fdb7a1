"""Terms of an answer in another language than the question's."""

import pytest

from ingest.words.words import Words
from service.write.terms import MOST, foreign, translated

WORDS = Words(
    glossary="除垢 | descaling\n水箱 | water tank | tank | 水槽\nPTC | 热敏电阻 | positive temperature coefficient\n"
)


@pytest.mark.parametrize(
    ("quotes", "language", "other"),
    [
        (["每月除垢一次。"], "en", True),
        (["每月除垢一次。"], "zh", False),
        (["Descale it once a month."], "en", False),
        (["Descale it once a month."], "zh", True),
        (["水箱（water tank）装两升，用 PTC 加热。"], "zh", False),
    ],
)
def test_which_language_was_quoted(quotes: list[str], language: str, other: bool) -> None:
    assert foreign(quotes, "zh" if language == "zh" else "en") == other


@pytest.mark.parametrize(
    ("quote", "terms"),
    [
        ("先给水箱除垢。", [("水箱", "water tank"), ("除垢", "descaling")]),
        ("水箱（Water Tank）要除垢。", [("除垢", "descaling")]),  # the text has both names
        ("换热敏电阻。", [("热敏电阻", "positive temperature coefficient (PTC)")]),
        ("换水槽。", []),  # a glossary's further names are what else a search finds, not what a word means
        ("水箱有 PTC。", [("水箱", "water tank")]),
        ("Empty the water tank, then descale it.", [("water tank", "水箱"), ("descaling", "除垢")]),
        ("每月一次。", []),
    ],
)
def test_terms_have_their_names_in_the_other_language(quote: str, terms: list[tuple[str, str]]) -> None:
    assert list(translated([quote], WORDS)) == terms


def test_they_are_few() -> None:
    many = Words(glossary="\n".join(f"甲{sign} | alpha{number}" for number, sign in enumerate("一二三四五六七八九十")))
    assert len(translated(["甲一甲二甲三甲四甲五甲六甲七甲八甲九甲十"], many)) == MOST
