import pytest

from service.search.fusion import Evidence, ReciprocalRank, Weighted

EVIDENCE = {
    7: Evidence(bm25=8.0, cosine=0.80, title_cosine=0.70, asked_bm25=0.0, bm25_rank=1, dense_rank=3, listed=False),
    3: Evidence(bm25=4.0, cosine=0.90, title_cosine=0.85, asked_bm25=0.0, bm25_rank=2, dense_rank=1, listed=True),
    5: Evidence(bm25=0.0, cosine=0.85, title_cosine=0.90, asked_bm25=0.0, bm25_rank=None, dense_rank=2, listed=False),
    9: Evidence(
        bm25=0.0, cosine=0.75, title_cosine=0.88, asked_bm25=0.0, bm25_rank=None, dense_rank=None, listed=False
    ),
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
        Weighted(1, 2, 3, 4, 5),
        Weighted(1, 2, 3, 4, 6),
    )
    assert len({fusion.name for fusion in fusions}) == len(fusions)
    assert ReciprocalRank().name == ReciprocalRank(60).name


def test_weighted_by_hand() -> None:
    scores = Weighted(bm25=4.0, dense=2.0, title=0.5, asked=1.0, listed=-0.7).score(EVIDENCE, spread=0.05)
    # BM25 over 8; cosines below 0.90 and title cosines below 0.90 in units of 0.05.
    assert scores == pytest.approx(
        {
            7: 4.0 * 1.0 + 2.0 * -2.0 + 0.5 * -4.0,
            3: 4.0 * 0.5 + 2.0 * 0.0 + 0.5 * -1.0 - 0.7,
            5: 0.0 + 2.0 * -1.0 + 0.5 * 0.0,
            9: 0.0 + 2.0 * -3.0 + 0.5 * -0.4,
        }
    )


def test_weighted_without_any_shared_word() -> None:
    evidence = {1: Evidence(0.0, 0.5, 0.5, 0.0, None, 1, False), 2: Evidence(0.0, 0.4, 0.5, 0.0, None, 2, False)}
    assert Weighted(4.0, 1.0, 1.0, 1.0, 0.0).score(evidence, 0.1) == pytest.approx({1: 0.0, 2: -1.0})


@pytest.mark.parametrize("fusion", [ReciprocalRank(), Weighted(1.0, 1.0, 1.0, 1.0, 1.0)])
def test_nothing_gives_nothing(fusion: ReciprocalRank | Weighted) -> None:
    assert fusion.score({}, 1.0) == {}
