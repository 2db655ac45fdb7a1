import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.index.dense import DEPTH, ENOUGH, NARROW, SHARES, DenseIndex


@pytest.fixture
def vectors() -> NDArray[np.float32]:
    """(40, 8) float32, unit norm."""
    rows = np.random.default_rng(1).normal(size=(40, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


@pytest.fixture(scope="module")
def clustered() -> NDArray[np.float32]:
    """(3000, 32) float32, unit norm, about 100 centres, as passages lie."""
    random = np.random.default_rng(2)
    rows = random.normal(size=(100, 32))[random.integers(0, 100, 3000)] + 0.7 * random.normal(size=(3000, 32))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def coded(clustered: NDArray[np.float32]) -> DenseIndex:
    return DenseIndex.build(clustered, clustered[::30], many=1000)


def test_search_equals_brute_force(vectors: NDArray[np.float32]) -> None:
    index = DenseIndex.build(vectors)
    for query in vectors[:5] + np.float32(0.1):
        products = vectors @ query
        ids, scores = index.search(query, 7)
        assert ids.tolist() == np.argsort(-products)[:7].tolist()
        np.testing.assert_allclose(scores, products[ids], atol=1e-6)


def test_search_among_allowed_rows(vectors: NDArray[np.float32]) -> None:
    allowed = np.arange(40) % 3 == 1
    products = np.where(allowed, vectors @ vectors[0], -np.inf)
    index = DenseIndex.build(vectors)
    ids, _ = index.search(vectors[0], 5, allowed)
    assert ids.tolist() == np.argsort(-products)[:5].tolist()
    assert sorted(index.search(vectors[0], 99, allowed)[0].tolist()) == list(range(1, 40, 3))


def test_nothing_to_search(vectors: NDArray[np.float32]) -> None:
    index = DenseIndex.build(vectors)
    for k, allowed in ((0, None), (5, np.zeros(40, bool))):
        ids, scores = index.search(vectors[0], k, allowed)
        assert ids.shape == scores.shape == (0,)
    assert index.similarity(vectors[0], []).shape == (0,)


def test_vectors_and_similarity_are_exact(vectors: NDArray[np.float32]) -> None:
    index = DenseIndex.build(vectors)
    assert (len(index), index.dimension) == (40, 8)
    np.testing.assert_array_equal(index.vectors(), vectors)
    np.testing.assert_allclose(index.similarity(vectors[3], [9, 2]), vectors[[9, 2]] @ vectors[3], atol=1e-6)


def test_round_trip(vectors: NDArray[np.float32], tmp_path: Path) -> None:
    DenseIndex.build(vectors).save(tmp_path / "a")
    DenseIndex.load(tmp_path / "a").save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    np.testing.assert_array_equal(DenseIndex.load(tmp_path / "b").vectors(), vectors)


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"not an index")
    for name in ("a", "missing"):
        with pytest.raises(RuntimeError):
            DenseIndex.load(tmp_path / name)


def test_an_index_of_another_kind_is_refused(vectors: NDArray[np.float32], tmp_path: Path) -> None:
    import faiss

    graph = faiss.IndexHNSWFlat(8, 4, faiss.METRIC_INNER_PRODUCT)
    graph.add(vectors)
    faiss.write_index(graph, str(tmp_path / "a"))
    with pytest.raises(RuntimeError, match="IndexHNSWFlat"):
        DenseIndex.load(tmp_path / "a")


def test_threads_agree(vectors: NDArray[np.float32]) -> None:
    index = DenseIndex.build(vectors)
    allowed = np.arange(40) % 2 == 0
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: index.search(vectors[0], 9, allowed)[0].tolist(), range(64)))
    assert found == [found[0]] * 64


def test_many_rows_are_searched_through_clusters(clustered: NDArray[np.float32], coded: DenseIndex) -> None:
    assert not coded.exact
    assert DenseIndex.build(clustered, clustered[::30], many=3001).exact
    assert DenseIndex.build(clustered, many=1000).exact  # nothing to measure it by
    np.testing.assert_array_equal(coded.vectors(), clustered)
    recall = coded.recall
    assert recall is not None
    found = [
        set(coded.search(query, DEPTH)[0]) & set(np.argsort(-clustered @ query)[:DEPTH]) for query in clustered[::30]
    ]
    assert recall.found == pytest.approx(np.mean([len(both) / DEPTH for both in found]), abs=1e-3)
    assert recall.found >= ENOUGH
    ids, scores = coded.search(clustered[5], 9)
    np.testing.assert_allclose(scores, clustered[ids] @ clustered[5], atol=1e-6)


def test_clusters_are_exact_among_few_rows_and_keeps_to_a_wide_filter(
    clustered: NDArray[np.float32], coded: DenseIndex
) -> None:
    random = np.random.default_rng(3)
    for share in (0.001, 0.01, NARROW * 0.9):
        allowed = random.random(len(clustered)) < share
        for query in clustered[:20]:
            wanted = np.argsort(-np.where(allowed, clustered @ query, -np.inf), kind="stable")
            count = min(DEPTH, int(allowed.sum()))
            assert coded.search(query, DEPTH, allowed)[0].tolist() == wanted[:count].tolist()
    for share in (0.2, 0.9):
        allowed = random.random(len(clustered)) < share
        hits = []
        for query in clustered[:50]:
            ids = coded.search(query, DEPTH, allowed)[0]
            assert allowed[ids].all()
            hits.append(len(set(ids) & set(np.argsort(-np.where(allowed, clustered @ query, -np.inf))[:DEPTH])) / DEPTH)
        assert np.mean(hits) >= ENOUGH


def test_of_equal_vectors_one_is_as_good_as_another(clustered: NDArray[np.float32]) -> None:
    alike = np.repeat(clustered[:100], 30, axis=0)
    recall = DenseIndex.build(alike, clustered[:50], many=1000).recall
    assert recall is not None
    assert recall.found >= ENOUGH
    assert recall.share < SHARES[-1]  # not all, to find just those that come first by number


def test_equal_vectors_give_equal_clusters(clustered: NDArray[np.float32], coded: DenseIndex, tmp_path: Path) -> None:
    again = DenseIndex.build(clustered, clustered[::30], many=1000)
    coded.save(tmp_path / "a.faiss")
    again.save(tmp_path / "b.faiss")
    for kind in (".faiss", ".codes.faiss"):
        assert (tmp_path / "a").with_suffix(kind).read_bytes() == (tmp_path / "b").with_suffix(kind).read_bytes()


def test_clusters_are_mapped_and_find_the_same(
    clustered: NDArray[np.float32], coded: DenseIndex, tmp_path: Path
) -> None:
    """In several threads too, and as wide as they were made."""
    import faiss

    coded.save(tmp_path / "a.faiss")
    opened = DenseIndex.load(tmp_path / "a.faiss")
    assert not opened.exact
    assert isinstance(faiss.downcast_InvertedLists(opened._clusters.invlists), faiss.OnDiskInvertedLists)
    assert opened._clusters.nprobe == coded._clusters.nprobe < coded._clusters.nlist

    def found(index: DenseIndex) -> list[list[int]]:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda query: index.search(query, 9)[0].tolist(), clustered[:200]))

    assert found(opened) == found(coded)
    opened.save(tmp_path / "b.faiss")
    for kind in (".faiss", ".codes.faiss"):
        (tmp_path / "a").with_suffix(kind).unlink()
    assert found(DenseIndex.load(tmp_path / "b.faiss")) == found(coded)


def test_codes_of_other_vectors_are_refused(clustered: NDArray[np.float32], coded: DenseIndex, tmp_path: Path) -> None:
    coded.save(tmp_path / "a.faiss")
    DenseIndex.build(clustered[:50]).save(tmp_path / "a.faiss")
    with pytest.raises(RuntimeError, match="no codes of these 50 vectors"):
        DenseIndex.load(tmp_path / "a.faiss")
    (tmp_path / "a.codes.faiss").write_bytes((tmp_path / "a.faiss").read_bytes())
    with pytest.raises(RuntimeError, match="IndexFlat"):
        DenseIndex.load(tmp_path / "a.faiss")


def test_vectors_outlive_their_index(clustered: NDArray[np.float32]) -> None:
    rows = DenseIndex.build(clustered).vectors()[10:20]
    gc.collect()
    taken = [np.full((3000, 32), number, np.float32) for number in range(20)]  # what was let go would be written over
    np.testing.assert_array_equal(rows, clustered[10:20])
    assert len(taken) == 20
    with pytest.raises(ValueError, match="read-only"):
        rows[0] = 0
