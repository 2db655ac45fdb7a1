import pytest

from ingest.fit.margins import Errors, Situation, descend, fit_margins
from ingest.fitted import Lead, Margins

START = Margins(unit="nats", ahead=9.0, far_ahead=20.0, held=0.6, covered=1.0, beside=1.0, related=5.0, fading=4.0)


def listed(ahead: float, held: float = 0.0) -> Situation:
    return Situation(Lead(ahead, 0.0, held), True)


def answered(ahead: float, held: float = 0.0) -> Situation:
    return Situation(Lead(ahead, 0.0, held), False)


def test_errors_by_hand() -> None:
    situations = [
        listed(10.0),
        listed(5.0),
        answered(10.0),
        answered(1.0),
        Situation(None, True),
        Situation(None, False),
    ]
    found = Errors.of(START, situations)
    assert (found.missed, found.listed, found.called, found.answered) == (2, 3, 1, 3)
    assert str(found) == "1 of 3 listed recognised, 1 of 3 answered called unanswered"
    assert (found + found).cost == 8  # twice two missed, and one called that counts twice


def test_the_margin_comes_between_what_must_be_told_apart() -> None:
    situations = [*(listed(2.0 + n / 10) for n in range(20)), *(answered(1.0 - n / 10) for n in range(10))]
    found = descend(situations, START)
    assert 1.0 <= found.ahead < 2.0
    assert Errors.of(found, situations).cost == 0


def test_a_tie_keeps_what_is_there() -> None:
    situations = [listed(10.0), answered(1.0)] * 10
    assert descend(situations, START) == START
    part = fit_margins("margins", situations, START, anew=False)
    assert (part.taken, part.numbers) == (False, START)


def test_new_margins_are_taken_where_they_hold_on_what_they_were_not_fitted_to() -> None:
    situations = [listed(2.0 + n % 7 / 10) if n % 3 else answered(1.0 - n % 4 / 10) for n in range(60)]
    part = fit_margins("margins", situations, START, anew=False)
    assert part.taken
    assert Errors.of(part.numbers, situations).cost == 0
    assert part.after == "40 of 40 listed recognised, 0 of 20 answered called unanswered"


def test_places_are_searched_by_whole_ones() -> None:
    start = START.model_copy(update={"unit": "places"})
    situations = [*[listed(3.0)] * 10, *[answered(1.0)] * 10, *[answered(2.0)] * 10]
    assert descend(situations, start).ahead in (2.0, 0.0)
    assert Errors.of(descend(situations, start), situations).cost == 0


@pytest.mark.parametrize(
    ("lead", "takes"),
    [
        (Lead(None, 0.0, 0.0), True),
        (Lead(9.0, 0.0, 0.0), False),  # not more than the margin
        (Lead(9.1, 0.0, 0.5), True),
        (Lead(9.1, 0.0, 0.6), False),  # the answered passage holds what is asked
        (Lead(20.1, 0.0, 0.9), True),  # whatever it holds
        (Lead(1.0, 9.0, 0.0), False),  # no margin of preference is given
        (Lead(20.1, 0.0, 0.0, ((1.0, 0.0),)), False),  # one on its subject is near
        (Lead(20.1, 0.0, 0.0, ((1.1, 0.99),)), True),
    ],
)
def test_who_takes_the_lead(lead: Lead, takes: bool) -> None:
    assert START.takes(lead) is takes


def test_preference_and_what_is_said_count_where_they_are_given() -> None:
    margins = START.model_copy(update={"preferred": 2.0, "said": 0.9})
    assert margins.takes(Lead(1.0, 2.1, 0.0))
    assert not margins.takes(Lead(20.1, 0.0, 0.0, ((9.0, 0.9),)))


def test_scaled_margins_decide_alike_on_scaled_scores() -> None:
    lead, twice = Lead(9.1, 0.0, 0.5, ((1.5, 0.0),)), Lead(18.2, 0.0, 0.5, ((3.0, 0.0),))
    assert START.scaled(2.0).takes(twice) == START.takes(lead)
    assert START.scaled(2.0).related == 10.0
