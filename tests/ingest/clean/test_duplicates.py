import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clean.duplicates import bands, near_pairs, plain_digest
from tests.support.look_alikes import changed, passage


def jaccard(a: str, b: str) -> float:
    x, y = ({text[i : i + 5] for i in range(len(text) - 4)} for text in (a, b))
    return len(x & y) / len(x | y)


def near(texts: list[str], threshold: float) -> list[tuple[int, int, float]]:
    return near_pairs(texts, [bands(text, threshold) for text in texts], threshold)


def pairs(texts: list[str], threshold: float) -> list[tuple[int, int]]:
    return [(i, j) for i, j, _ in near(texts, threshold)]


def test_every_pair_is_named_with_how_alike_it_is() -> None:
    a, b = passage(1), passage(2)
    texts = [a, b, changed(a, [200]), f" {a[:99]}\n\n{a[99:]}"]
    # 396 shingles, of which one change replaces 5.
    assert near(texts, 0.9) == [(0, 2, 391 / 401), (0, 3, 1.0), (2, 3, 391 / 401)]


def test_the_threshold_is_the_jaccard_index() -> None:
    # Each change far from the others replaces 5 shingles: with n changes J = (396 - 5n) / (396 + 5n).
    a = passage(1)
    four, five = changed(a, [50, 100, 150, 200]), changed(a, [50, 100, 150, 200, 250])
    assert jaccard(a, four) == 376 / 416
    assert jaccard(a, five) == 371 / 421
    assert pairs([a, four, five], 0.9) == [(0, 1), (1, 2)]
    assert pairs([a, five], 371 / 421) == [(0, 1)]


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
def test_agrees_with_comparing_every_pair(threshold: float) -> None:
    draw = random.Random(3)
    bases = [passage(seed, 200) for seed in range(40)]
    texts = [changed(draw.choice(bases), draw.sample(range(200), draw.randrange(12))) for _ in range(200)]
    every = [(i, j) for j, text in enumerate(texts) for i in range(j) if jaccard(texts[i], text) >= threshold]
    assert pairs(texts, threshold) == every


@pytest.mark.parametrize("threshold", [0.6, 0.8])
def test_a_glance_loses_no_pair(threshold: float) -> None:
    """Texts with more shingles than a glance takes, of which most pairs are far and some are at the threshold."""
    draw = random.Random(5)
    bases = [passage(seed, 1_500) for seed in range(4)]
    texts = [changed(draw.choice(bases), draw.sample(range(1_500), draw.randrange(100))) for _ in range(40)]
    alike = {(i, j): jaccard(texts[i], text) for j, text in enumerate(texts) for i in range(j)}
    wanted = [pair for pair, index in alike.items() if index >= threshold]
    assert len(wanted) > 10
    assert len(alike) - len(wanted) > 500
    assert pairs(texts, threshold) == wanted


def test_a_crowd_is_compared_with_its_first_few() -> None:
    a = passage(1)
    crowd = [changed(a, [i]) for i in range(100)]
    found = pairs(crowd, 0.9)
    assert len(found) <= 16 * len(crowd)
    assert {j for _, j in found} == set(range(1, 100))


def test_long_texts_are_measured_by_a_sample() -> None:
    a = passage(1, 60_000)
    places = list(range(100, 60_000, 300))  # 200 changes: J = (59996 - 1000) / (59996 + 1000) = 0.967
    assert pairs([a, changed(a, places)], 0.94) == [(0, 1)]
    assert pairs([a, changed(a, places)], 0.99) == []


def test_short_and_empty_texts() -> None:
    assert pairs(["", "是", "否", "是 ", "🚀", "yes"], 0.8) == [(1, 3)]
    assert near([], 0.8) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("café 一", "cafe\u0301\n一"),
        ("端口是 5432。", "端口是5432。"),
        ("ＡＰＩ　第１版", "API 第1版"),
        ("one\nline", "one  line\n"),
        ("```\nif a:\n    b\n```", "```\nif a:  \n    b\n```\n"),
    ],
)
def test_equal_texts(one: str, other: str) -> None:
    assert plain_digest(one) == plain_digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("café", "cafe"),
        ("5 mW", "5 MW"),
        ("10² 倍", "102 倍"),
        ("1 2", "12"),
        ("不能", "能"),
        ("a - b", "a, b"),
        ("不过载", "不 过载。"),
        ("```\nif a:\n    b\nc\n```", "```\nif a:\n    b\n    c\n```"),
    ],
)
def test_what_may_mean_something_else_is_not_equal(one: str, other: str) -> None:
    assert plain_digest(one) != plain_digest(other)


@given(st.lists(st.text(alphabet="ab c", max_size=12), max_size=12), st.sampled_from([0.5, 0.9, 1.0]))
def test_every_pair_is_ordered_and_as_alike_as_it_says(texts: list[str], threshold: float) -> None:
    found = near(texts, threshold)
    assert all(i < j and alike >= threshold for i, j, alike in found)
    assert found == near(texts, threshold)


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_a_threshold_that_makes_no_sense_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        bands("a", threshold)
