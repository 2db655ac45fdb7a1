"""The numbers of docs/capacity.md are those of the simulator, and its queue is the one of the books."""

from dataclasses import replace

import pytest

from benchmarks.capacity import BUSY, Costs, enough, need, queued, table
from ingest.index.dense import MANY
from tests.support.paths import ROOT

COSTS = Costs(
    question_ms=40, search_ms=5, scan_ms=0.5, clusters_ms=3, coded_ms=0.1, words_ms=0.01, answer_ms=450, base_mb=1024,
    passage_kb=8, disk_kb=4, embed_s=0.2, build_s=0.0, model_tokens=1000, answer_tokens=200,
)  # fmt: skip


@pytest.mark.parametrize("busy", [0.3, 0.5, 0.8])
def test_one_core_waits_as_pollaczek_and_khinchine_have_it(busy: float) -> None:
    """The mean wait of M/D/1 is rho / (2 (1 - rho)) service times."""
    took = queued(busy, 1.0, 1)
    assert sum(took) / len(took) - 1 == pytest.approx(busy / (2 * (1 - busy)), rel=0.1)
    assert min(took) == pytest.approx(1.0)


def test_many_cores_do_not_wait() -> None:
    assert max(queued(10.0, 0.5, 100)) == pytest.approx(0.5)


def test_cores_are_as_many_as_are_needed_and_no_more() -> None:
    assert enough(0.01, 0.5) == 1
    assert enough(1000.0, 0.5) == 1000 * 0.5 / BUSY
    few = enough(2.0, 0.5)
    assert few > 2 * 0.5 / BUSY  # a small queue needs more than its share
    assert sorted(queued(2.0, 0.5, few - 1))[19_000] > 1.0


def test_all_are_compared_until_they_lie_in_clusters() -> None:
    assert COSTS.search(10_000) == pytest.approx(5 + 0.5 * 10 + 0.01 * 10)
    assert COSTS.search(MANY) == pytest.approx(5 + 3 + (0.1 + 0.01) * 20)


def test_needs_by_hand() -> None:
    asked = need(COSTS, 1 << 20, 16.0, "model")
    assert asked.cpu_ms == pytest.approx(40 + 5 + 3 + 104.8576 + 10.48576 + 450)
    assert asked.memory_gb == pytest.approx(1 + 8)
    assert asked.disk_gb == pytest.approx(4)
    assert asked.gpus == 4  # 3,200 tokens a second
    assert asked.replicas == -(-asked.cores // 2)
    assert asked.build_hours == pytest.approx((1 << 20) * 0.2 / 7200)
    assert need(COSTS, 1 << 20, 16.0, "search").cores < asked.cores
    assert need(replace(COSTS, question_ms=40), 1 << 20, 16.0).gpus == 0
    assert asked.price(10, 100, 1) == pytest.approx(asked.cores * 10 + 400 + asked.replicas * 9)


def test_the_page_has_what_the_simulator_says() -> None:
    assert table(Costs.read()) in (ROOT / "docs/capacity.md").read_text("utf-8")
