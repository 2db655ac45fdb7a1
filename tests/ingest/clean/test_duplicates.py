import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clean.duplicates import duplicate_groups, exact_groups

HAN = [chr(c) for c in range(0x4E00, 0x4E00 + 2000)]


def passage(seed: int, length: int = 400) -> str:
    return "".join(random.Random(seed).choices(HAN, k=length))


def jaccard(a: str, b: str) -> float:
    x, y = ({text[i : i + 5] for i in range(len(text) - 4)} for text in (a, b))
    return len(x & y) / len(x | y)


def changed(text: str, places: list[int]) -> str:
    return "".join("*" if i in places else character for i, character in enumerate(text))


def test_the_first_seen_stands_for_the_rest() -> None:
    a, b = passage(1), passage(2)
    assert duplicate_groups([a, b, changed(a, [200]), f" {a[:99]}\n\n{a[99:]}", b], 0.9) == [0, 1, 0, 0, 1]


def test_the_threshold_is_the_jaccard_index() -> None:
    # 396 shingles; each change far from the others replaces 5: with n changes J = (396 - 5n) / (396 + 5n).
    a = passage(1)
    four, five = changed(a, [50, 100, 150, 200]), changed(a, [50, 100, 150, 200, 250])
    assert jaccard(a, four) == 376 / 416
    assert jaccard(a, five) == 371 / 421
    assert duplicate_groups([a, four, five], 0.9) == [0, 0, 2]
    assert duplicate_groups([a, five], 371 / 421) == [0, 0]


def test_groups_do_not_chain() -> None:
    a = passage(1)
    b, c = changed(a, [50, 100, 150]), changed(a, [50, 100, 150, 200, 250, 300])
    assert jaccard(b, c) >= 0.9 > jaccard(a, c)
    assert duplicate_groups([a, b, c], 0.9) == [0, 0, 2]


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
def test_agrees_with_comparing_every_pair(threshold: float) -> None:
    draw = random.Random(3)
    bases = [passage(seed, 200) for seed in range(20)]
    texts = [changed(draw.choice(bases), draw.sample(range(200), draw.randrange(12))) for _ in range(200)]
    expected: list[int] = []
    for i, text in enumerate(texts):
        firsts = [j for j in range(i) if expected[j] == j and jaccard(texts[j], text) >= threshold]
        expected.append(firsts[0] if firsts else i)
    assert duplicate_groups(texts, threshold) == expected


def test_long_texts_are_measured_by_a_sample() -> None:
    a = passage(1, 60_000)
    places = list(range(100, 60_000, 300))  # 200 changes: J = (59996 - 1000) / (59996 + 1000) = 0.967
    assert duplicate_groups([a, changed(a, places)], 0.94) == [0, 0]
    assert duplicate_groups([a, changed(a, places)], 0.99) == [0, 1]


def test_short_and_empty_texts() -> None:
    assert duplicate_groups(["", "是", "否", " ", "是", "🚀", "yes"], 0.8) == [0, 1, 2, 0, 1, 5, 6]
    assert duplicate_groups([], 0.8) == []


def test_exact_ignores_white_space_and_composition() -> None:
    assert exact_groups(["café 一", "cafe\u0301\n一", "Café 一", "cafe 一"]) == [0, 0, 2, 3]


@given(st.lists(st.text(alphabet="ab c", max_size=12), max_size=12), st.sampled_from([0.5, 0.9, 1.0]))
def test_every_text_points_to_an_earlier_one_that_stands_for_itself(texts: list[str], threshold: float) -> None:
    groups = duplicate_groups(texts, threshold)
    assert all(first <= i and groups[first] == first for i, first in enumerate(groups))
    assert groups == duplicate_groups(texts, threshold)


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_a_threshold_that_makes_no_sense_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        duplicate_groups(["a"], threshold)
