"""How many are let in, and what the others are told."""

import heapq
import random
from contextlib import ExitStack

import pytest

from service.serve.admission import FIRST, LEAST, LONGEST, Admission, OverloadedError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_places_are_given_and_given_back() -> None:
    admission = Admission(3, 1.0)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(admission.place())
        with pytest.raises(OverloadedError), admission.place():
            pass
    with admission.place():
        assert admission.taken == 1


def test_answers_in_time_make_room_for_more_and_late_ones_for_fewer() -> None:
    clock = Clock()
    admission = Admission(64, 1.0, clock)

    def answer(seconds: float) -> None:
        with ExitStack() as held:
            for _ in range(int(admission.places)):
                held.enter_context(admission.place())
            clock.now += seconds

    for _ in range(200):
        answer(0.5)
    assert admission.places > FIRST + 10
    before = admission.places
    answer(1.5)
    assert admission.places == pytest.approx(before * 0.8)  # one cut for all that were late at once
    for _ in range(50):
        answer(5)
    assert admission.places == LEAST


def test_an_idle_service_does_not_think_that_it_can_do_more() -> None:
    clock = Clock()
    admission = Admission(64, 1.0, clock)
    for _ in range(100):
        with admission.place():
            clock.now += 0.1
    assert admission.places == FIRST


def test_each_who_is_refused_gets_a_turn_of_their_own() -> None:
    clock = Clock()
    admission = Admission(2, 1.0, clock)
    for _ in range(100):  # two a second
        with admission.place():
            clock.now += 0.5
    with admission.place(), admission.place():
        waits = []
        for _ in range(100):
            with pytest.raises(OverloadedError) as refused, admission.place():
                pass
            waits.append(refused.value.seconds)
    assert waits[:3] == pytest.approx([0.5, 1.0, 1.5], rel=0.01)
    assert max(waits) == LONGEST


def test_more_than_can_be_done_is_met_by_refusals_not_by_lateness() -> None:
    """A machine that does 20 a second, one after the other, and 256 who ask again and again as they are told."""
    clock, dice = Clock(), random.Random(5)
    admission = Admission(64, 1.5, clock)
    busy, answered, late = clock.now, 0, 0
    events: list[tuple[float, int, str]] = [(clock.now + dice.random(), n, "ask") for n in range(256)]
    held: dict[int, tuple[float, ExitStack]] = {}
    heapq.heapify(events)
    while events and events[0][0] < 160:
        clock.now, client, what = heapq.heappop(events)
        if what == "ask":
            stack = ExitStack()
            try:
                stack.enter_context(admission.place())
            except OverloadedError as refused:
                heapq.heappush(events, (clock.now + refused.seconds, client, "ask"))
                continue
            busy = max(busy, clock.now) + 0.05
            held[client] = (clock.now, stack)
            heapq.heappush(events, (busy, client, "done"))
        else:
            began, stack = held.pop(client)
            stack.close()
            answered += 1
            late += clock.now - began > 3
            heapq.heappush(events, (clock.now + 0.01, client, "ask"))
    assert answered >= 0.9 * 60 * 20
    assert late <= 0.05 * answered
