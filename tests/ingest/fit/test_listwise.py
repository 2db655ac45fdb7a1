import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from ingest.fit.listwise import Case, cross_validated, measure, softmax, weigh, weighed


def case(rows: list[list[float]], right: list[int]) -> Case:
    return Case(np.array(rows), np.array([place in right for place in range(len(rows))]))


def test_softmax_by_hand() -> None:
    assert softmax(np.array([0.0, math.log(3.0)])) == pytest.approx([0.25, 0.75])
    assert softmax(np.array([1000.0, 1000.0])) == pytest.approx([0.5, 0.5])


def test_a_weight_is_the_log_of_how_much_likelier_the_right_one_is() -> None:
    """The one with 1 is right in three cases of four, so it is three times as likely as the one with 0."""
    cases = [case([[1.0], [0.0]], [0])] * 3 + [case([[1.0], [0.0]], [1])]
    assert weigh(cases, l2=0.0) == pytest.approx([math.log(3.0)], abs=1e-4)


def test_the_penalty_is_that_of_the_formula() -> None:
    cases = [case([[1.0], [0.0]], [0])] * 3 + [case([[1.0], [0.0]], [1])]

    def loss(w: float) -> float:
        return -(3 * math.log(1 / (1 + math.exp(-w))) + math.log(1 / (1 + math.exp(w)))) / 4 + 0.1 * w * w

    assert weigh(cases, l2=0.1) == pytest.approx([minimize_scalar(loss).x], abs=1e-4)


def test_several_right_ones_share_the_mass() -> None:
    """Both candidates with 1 are right: their mass is 2 e^w / (2 e^w + 1), in two cases of three."""
    rows = [[1.0], [1.0], [0.0]]
    cases = [case(rows, [0, 1])] * 2 + [case(rows, [2])]
    w = weigh(cases, l2=0.0)[0]
    assert 2 * math.exp(w) / (2 * math.exp(w) + 1) == pytest.approx(2 / 3, abs=1e-4)


def test_a_case_without_a_right_one_teaches_nothing_and_counts_as_a_miss() -> None:
    cases = [case([[1.0], [0.0]], [0])] * 3 + [case([[1.0], [0.0]], [1])]
    assert weigh([*cases, case([[5.0], [0.0]], [])], l2=0.0) == pytest.approx(weigh(cases, l2=0.0))
    assert weighed([case([[1.0], [0.0]], []), case([[1.0], [0.0]], [0])], [1.0]).hit1 == 0.5


def test_quality_by_hand() -> None:
    cases = [case([[0.0], [1.0]], [1]), case([[float(place)] for place in range(6)], [0]), case([[0.0], [0.0]], [1])]
    found = measure(cases, [c.columns[:, 0] for c in cases])
    losses = (
        -math.log(math.e / (math.e + 1)),
        math.log(sum(math.exp(place) for place in range(6))),
        math.log(2),
    )
    assert (found.hit1, found.hit5) == (1 / 3, 2 / 3)  # a tie goes to the first; the second is sixth
    assert found.loss == pytest.approx(sum(losses) / 3)


def test_each_question_is_measured_with_weights_of_the_others() -> None:
    """Fits that know which cases they saw: none may see the one that it is measured on."""
    cases = [case([[float(n)], [0.0]], [0]) for n in range(1, 11)]
    seen: list[set[float]] = []

    def fit(some: object) -> np.ndarray:
        seen.append({float(c.columns[0, 0]) for c in some})  # type: ignore[attr-defined]
        return np.array([1.0])

    assert cross_validated(cases, fit).hit1 == 1.0
    assert len(seen) == 5
    assert [len(each) for each in seen] == [8] * 5
    assert set.union(*({float(n) for n in range(1, 11)} - each for each in seen)) == {float(n) for n in range(1, 11)}
