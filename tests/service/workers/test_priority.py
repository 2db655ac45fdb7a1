"""Threads that leave the cores to the event loop."""

import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.search.scorers import ShippedScorer
from service.workers.priority import LESS, behind


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_only_the_thread_goes_behind() -> None:
    before = niceness()
    with ThreadPoolExecutor(1, initializer=behind) as pool:
        assert pool.submit(niceness).result() == min(before + LESS, 19)
    assert niceness() == before


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_what_scores_goes_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    score = ShippedScorer._score

    def watched(self: ShippedScorer, row: Sequence[int]) -> float:
        seen.append(niceness())
        return score(self, row)

    monkeypatch.setattr(ShippedScorer, "_score", watched)
    ShippedScorer().scores([("什么是 LoRA？", "LoRA 是一种微调方法。")])
    assert seen == [min(niceness() + LESS, 19)]
