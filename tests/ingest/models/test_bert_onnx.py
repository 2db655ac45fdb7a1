import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.models.bert_onnx import BLOCK, KINDS, POSITIONS, WORDS, OnnxBert, Shape, in_four_bits
from ingest.models.delta import merged

WIDTH, INNER = 2 * BLOCK, 4 * BLOCK
SHAPE = Shape(layers=1, heads=2, epsilon=1e-5)
PARTS = {
    "attention.self.query": (WIDTH, WIDTH),
    "attention.self.key": (WIDTH, WIDTH),
    "attention.self.value": (WIDTH, WIDTH),
    "attention.output.dense": (WIDTH, WIDTH),
    "intermediate.dense": (INNER, WIDTH),
    "output.dense": (WIDTH, INNER),
}


def four_bits(rng: np.random.Generator, out: int, width: int) -> NDArray[np.float32]:
    """A matrix that blocks of 4 bits hold, the largest of each block being -8 steps."""
    steps = rng.integers(-7, 8, (out, width // BLOCK, BLOCK))
    steps[..., rng.integers(BLOCK)] = -8
    scales = rng.normal(0, 0.05, steps.shape[:2]).astype(np.float16).astype(np.float32)
    return (steps.astype(np.float32) * scales[..., None]).reshape(out, width)


@pytest.fixture
def weights() -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 1, shape).astype(np.float32)

    found = {WORDS: normal(11, WIDTH), POSITIONS: normal(7, WIDTH), KINDS: normal(2, WIDTH)}
    for part, (out, width) in PARTS.items():
        found[f"encoder.layer.0.{part}.weight"] = four_bits(rng, out, width)
        found[f"encoder.layer.0.{part}.bias"] = normal(out)
    norms = ("embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output")
    for part in norms:
        found[f"{part}.LayerNorm.weight"], found[f"{part}.LayerNorm.bias"] = normal(WIDTH), normal(WIDTH)
    return found


def test_blocks_hold_the_matrix_exactly() -> None:
    matrix = four_bits(np.random.default_rng(1), 3, 2 * BLOCK)
    matrix[0, :BLOCK] = 0
    four, scales = in_four_bits(matrix)
    assert four.shape == (3, 2, BLOCK // 2)
    steps = np.stack([four & 15, four >> 4], axis=-1).reshape(3, 2, BLOCK).astype(np.float32) - 8
    np.testing.assert_array_equal((steps * scales.reshape(3, 2, 1)).reshape(matrix.shape), matrix)


def test_weights_of_more_than_four_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="4 bits"):
        in_four_bits(np.random.default_rng(1).normal(size=(2, BLOCK)).astype(np.float32))


def test_a_question_alone_and_beside_a_longer_one(weights: dict[str, NDArray[np.float32]]) -> None:
    from ingest.models.bert_torch import TorchBert

    ids = np.array([[1, 2, 3, 0, 0], [4, 5, 6, 7, 8]])
    mask = np.array([[True] * 3 + [False] * 2, [True] * 5])
    bert = OnnxBert(weights, SHAPE)
    both = bert.vectors(ids, mask)
    np.testing.assert_array_equal(both[:1], bert.vectors(ids[:1, :3], mask[:1, :3]))
    np.testing.assert_allclose(both, TorchBert(weights, SHAPE, "cpu", "float32").vectors(ids, mask), atol=1e-5)


def test_what_was_learned_on_top_is_added(weights: dict[str, NDArray[np.float32]]) -> None:
    from ingest.models.bert_torch import TorchBert

    rng = np.random.default_rng(3)
    delta = {
        f"encoder.layer.0.{part}": (
            rng.normal(0, 0.1, (4, width)).astype(np.float32),
            rng.normal(0, 0.1, (out, 4)).astype(np.float32),
        )
        for part, (out, width) in PARTS.items()
    }
    ids, mask = np.array([[4, 5, 6, 7, 8]]), np.ones((1, 5), bool)
    bare, own = (OnnxBert(weights, SHAPE, delta=each).vectors(ids, mask) for each in ({}, delta))
    np.testing.assert_allclose(
        own, TorchBert(merged(weights, delta), SHAPE, "cpu", "float32").vectors(ids, mask), atol=1e-5
    )
    assert not np.allclose(own, bare, atol=1e-2)


def test_weights_that_are_missing(weights: dict[str, NDArray[np.float32]]) -> None:
    del weights["encoder.layer.0.output.dense.bias"]
    with pytest.raises(KeyError, match=r"output\.dense\.bias"):
        OnnxBert(weights, SHAPE)
