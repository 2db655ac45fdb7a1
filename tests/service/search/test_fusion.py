import pytest

from service.search.fusion import Evidence, ReciprocalRank, Weighted
from tests.support.weighted import weighted


def evidence(
    bm25: float, cosine: float, title: float, ranks: tuple[int | None, int | None], listed: bool = False
) -> Evidence:
    return Evidence(bm25, cosine, 0.5, title, 0.0, *ranks, listed, cosine)


EVIDENCE = {
    7: evidence(8.0, 0.80, 0.70, (1, 3)),
    3: evidence(4.0, 0.90, 0.85, (2, 1), listed=True),
    5: evidence(0.0, 0.85, 0.90, (None, 2)),
    9: evidence(0.0, 0.75, 0.88, (None, None)),
}


def test_reciprocal_rank_by_hand() -> None:
    assert ReciprocalRank().score(EVIDENCE, 1.0) == pytest.approx(
        {7: 1 / 61 + 1 / 63, 3: 1 / 62 + 1 / 61, 5: 1 / 62, 9: 0.0}
    )
    assert ReciprocalRank(k=1).score(EVIDENCE, 1.0) == pytest.approx({7: 3 / 4, 3: 5 / 6, 5: 1 / 3, 9: 0.0})


def test_a_factor_makes_nats_of_ranks() -> None:
    scores, plain = ReciprocalRank(factor=200.0).score(EVIDENCE, 1.0), ReciprocalRank().score(EVIDENCE, 1.0)
    assert scores == pytest.approx({key: 200.0 * score for key, score in plain.items()})


def test_names_tell_weights_apart() -> None:
    fusions = (
        ReciprocalRank(),
        ReciprocalRank(60, 200.0),
        ReciprocalRank(10),
        weighted(1, 2, 3, 4, 5),
        weighted(1, 2, 3, 4, 6),
    )
    assert len({fusion.name for fusion in fusions}) == len(fusions)
    assert ReciprocalRank().name == ReciprocalRank(60).name


def test_weighted_by_hand() -> None:
    scores = weighted(bm25=4.0, dense=2.0, title=0.5, asked=1.0, listed=-0.7).score(EVIDENCE, spread=0.05)
    # BM25 over 8; cosines below 0.90 and title cosines below 0.90 in units of 0.05.
    assert scores == pytest.approx(
        {
            7: 4.0 * 1.0 + 2.0 * -2.0 + 0.5 * -4.0,
            3: 4.0 * 0.5 + 2.0 * 0.0 + 0.5 * -1.0 - 0.7,
            5: 0.0 + 2.0 * -1.0 + 0.5 * 0.0,
            9: 0.0 + 2.0 * -3.0 + 0.5 * -0.4,
        }
    )


def test_ranks_and_feedback_count_where_they_have_a_weight() -> None:
    ranks = weighted(0, 0, 0, 0, 0, ranks=2.0).score(EVIDENCE, 1.0)
    assert ranks == pytest.approx({7: 1 + 61 / 63, 3: 61 / 62 + 1, 5: 61 / 62, 9: 0.0})
    near = {1: (0.7, 0.9), 2: (0.9, 0.6)}
    found = {n: Evidence(1.0, 0.5, again, 0.5, 0.0, 1, 1, False, piece) for n, (again, piece) in near.items()}
    assert weighted(0, 0, 0, 0, 0, feedback=3.0).score(found, 0.1) == pytest.approx({1: -6.0, 2: 0.0})
    assert weighted(0, 0, 0, 0, 0, piece=2.0).score(found, 0.1) == pytest.approx({1: 0.0, 2: -6.0})
    assert weighted(1, 1, 1, 1, 0).name in weighted(1, 1, 1, 1, 0, feedback=3.0).name
    assert "piece" not in weighted(1, 1, 1, 1, 0).name


def test_weighted_without_any_shared_word() -> None:
    found = {
        1: evidence(0.0, 0.5, 0.5, (None, 1)),
        2: evidence(0.0, 0.4, 0.5, (None, 2)),
    }
    assert weighted(4.0, 1.0, 1.0, 1.0, 0.0).score(found, 0.1) == pytest.approx({1: 0.0, 2: -1.0})


@pytest.mark.parametrize("fusion", [ReciprocalRank(), weighted(1.0, 1.0, 1.0, 1.0, 1.0)])
def test_nothing_gives_nothing(fusion: ReciprocalRank | Weighted) -> None:
    assert fusion.score({}, 1.0) == {}
