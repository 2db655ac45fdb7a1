"""Measures of ranking against hand arithmetic and trec_eval."""

import random

import pytest
import pytrec_eval

from eval.score.measures import hit, ndcg, precision, recall, reciprocal_rank

RANKED = ["3.8", "5.3", "1.1", "5.4"]


def test_hit_looks_at_the_first_k() -> None:
    assert [hit(RANKED, {"5.3"}, k) for k in (1, 2, 5)] == [0, 1, 1]
    assert hit([], {"5.3"}, 5) == 0


def test_reciprocal_rank_is_that_of_the_first_gold_entry() -> None:
    assert reciprocal_rank(RANKED, {"1.1", "5.4"}) == 1 / 3
    assert reciprocal_rank(RANKED, {"9.9"}) == 0
    assert reciprocal_rank([], {"9.9"}) == 0


def test_ndcg_divides_by_what_the_best_order_would_gain() -> None:
    # Gold at ranks 2 and 4 of three gold entries: (1/log2 3 + 1/log2 5) / (1 + 1/log2 3 + 1/2).
    expected = (0.6309298 + 0.4306766) / (1 + 0.6309298 + 0.5)
    assert ndcg(RANKED, {"5.3", "5.4", "9.9"}, 10) == pytest.approx(expected, abs=1e-6)
    # Cut at 2, only two gold entries could stand there.
    assert ndcg(RANKED, {"5.3", "5.4", "9.9"}, 2) == pytest.approx(0.6309298 / 1.6309298, abs=1e-6)
    assert ndcg(["5.3"], {"5.3"}, 10) == 1
    assert ndcg(RANKED, set(), 10) == 0


def test_ranking_equals_trec_eval() -> None:
    generator = random.Random(3)
    names = [f"{section}.{number}" for section in range(1, 6) for number in range(1, 9)]
    gold, ranked = {}, {}
    for question in map(str, range(300)):
        gold[question] = set(generator.sample(names, generator.randint(1, 14)))
        ranked[question] = generator.sample(names, generator.randint(1, 30))
    evaluator = pytrec_eval.RelevanceEvaluator(
        {question: dict.fromkeys(entries, 1) for question, entries in gold.items()},
        {"success.1,3,5", "recip_rank", "ndcg_cut.10"},
    )
    theirs = evaluator.evaluate(
        {q: {name: float(-rank) for rank, name in enumerate(entries)} for q, entries in ranked.items()}
    )
    for question, entries in ranked.items():
        ours = {
            "success_1": hit(entries, gold[question], 1),
            "success_3": hit(entries, gold[question], 3),
            "success_5": hit(entries, gold[question], 5),
            "recip_rank": reciprocal_rank(entries, gold[question]),
            "ndcg_cut_10": ndcg(entries, gold[question], 10),
        }
        assert ours == pytest.approx(theirs[question])


def test_precision_and_recall_count_entries_and_text_without_one() -> None:
    assert precision({"5.3", "5.4", None}, ["5.3"]) == 1 / 3
    assert recall({"5.3", None}, ["5.3", "5.4"]) == 1 / 2
