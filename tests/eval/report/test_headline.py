"""The sentence at the top, on nights whose differences were set."""

from dataclasses import replace
from typing import Any

import pytest

from eval.nights.gate import Verdict
from eval.report.headline import headline_of
from eval.report.night import Night, Report, compose
from tests.support.nights import night


def report(*, best: Night | None = None, before: float | None = 0.95, now: float = 0.95, **shares: Any) -> Report:
    run, rows = night(3, status=now, **shares)
    last = Night(*night(2, status=before)) if before is not None else None
    return compose(Night(run, rows), last, best, [], Verdict(run, None, ()))


def test_without_an_earlier_night_there_is_nothing_to_say() -> None:
    said = headline_of(report(before=None))
    assert (said.word, said.sentence.split(",")[0]) == ("alone", "There is no earlier night with these questions")


def test_alike_nights_are_the_same() -> None:
    said = headline_of(report())
    assert said.word == "same"
    assert said.sentence.startswith(
        "The same as last night as far as can be told (18 figures compared on 40 questions)"
    )


@pytest.mark.parametrize(("before", "now", "word", "change"), [(0.95, 0.5, "worse", "−"), (0.5, 0.95, "better", "+")])
def test_a_sure_difference_is_told_with_its_interval(before: float, now: float, word: str, change: str) -> None:
    said = headline_of(report(before=before, now=now))
    assert said.word == word
    start = f"{word.capitalize()} than last night in status as expected: {change}0.450 on 40 questions (95 % interval "
    assert said.sentence.startswith(start)


def test_a_difference_that_may_be_chance_is_told_as_one() -> None:
    # Five of 40 questions: 95 % of the resampled means are off zero, yet 5 equal signs have p = 1/16.
    said = headline_of(report(now=0.825))
    assert said.word == "same"
    assert said.sentence.startswith("Perhaps worse than last night in status as expected: −0.125")
    assert "which may be chance among 18 figures" in said.sentence


def test_both_directions_are_told() -> None:
    said = headline_of(report(before=0.5, now=0.95, hit_1=0.1))
    assert said.word == "mixed"
    assert said.sentence.startswith("Worse than last night in ")
    assert ", and better in status as expected: +0.450" in said.sentence


def test_slower_or_worse_judged_is_not_a_worse_night() -> None:
    assert headline_of(report(ask_ms=900.0)).word == "same"


def test_the_best_night_stands_beside_or_is_last_night() -> None:
    best = Night(*night(1, status=0.95))
    said = headline_of(report(best=best, before=0.5, now=0.5)).sentence
    assert said.startswith("The same as last night")
    assert "; worse than the best night (2025-01-02) in status as expected: −0.450" in said
    last = Night(*night(2, status=0.95))
    assert headline_of(report(best=last)).sentence.startswith("The same as last night (the best so far)")


def test_the_kind_that_has_most_of_it_is_named() -> None:
    run, rows = night(3)
    last = Night(run, rows)

    def said(*kinds: str) -> str:
        hit = [r for r in rows if r.question.kind in kinds[:1]] + [r for r in rows if r.question.kind in kinds[1:]][:2]
        worse = [replace(row, figures=row.figures | {"status": 0.0}) if row in hit else row for row in rows]
        return headline_of(compose(Night(run, worse), last, None, [], Verdict(run, None, ()))).sentence

    assert ", all of it in english)" in said("english")
    assert ", most of it in english)" in said("english", "detail")
