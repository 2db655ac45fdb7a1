from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.index.dense import DenseIndex


@pytest.fixture
def vectors() -> NDArray[np.float32]:
    """(40, 8) float32, unit norm."""
    rows = np.random.default_rng(1).normal(size=(40, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


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


def test_threads_agree(vectors: NDArray[np.float32]) -> None:
    index = DenseIndex.build(vectors)
    allowed = np.arange(40) % 2 == 0
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: index.search(vectors[0], 9, allowed)[0].tolist(), range(64)))
    assert found == [found[0]] * 64
