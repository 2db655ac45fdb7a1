"""The same BERT (Devlin et al. 2018) in ONNX, its matrices in the 4-bit blocks that they were published in.

A question is a few tokens, so that reading the weights is most of the work: 13 MB instead of 85.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ingest.models.encoder import Vectors
    from ingest.models.pairs import Ids

    Weights = Mapping[str, NDArray[np.float32]]
    Delta = Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]

WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
KINDS = "embeddings.token_type_embeddings.weight"
BLOCK = 32  # weights that share a scale
THREADS = 4  # that one question is worth
_RUNTIME = "com.microsoft"  # operators of ONNX Runtime's own, its docs/ContribOperators.md


@dataclass(frozen=True, slots=True)
class Shape:
    layers: int
    heads: int
    epsilon: float


class OnnxBert:
    """Tokens to the unit vector of their last layer's mean."""

    def __init__(self, weights: Weights, shape: Shape, threads: int = 0, delta: Delta | None = None) -> None:
        """Take tensors by Hugging Face's names for BertModel, in a third of a second.

        `threads` 0 is a few of the processor's, `delta` is what is added to matrices (delta.py). Raises KeyError
        for a tensor that is missing, ValueError for one that 4 bits do not hold.
        """
        import onnxruntime

        self._words, self._first = weights[WORDS], weights[POSITIONS] + weights[KINDS][0]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(THREADS, os.cpu_count() or 1)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other work waits for the cores
        graph = _graph(weights, shape, delta or {})
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def vectors(self, ids: Ids, mask: NDArray[np.bool_]) -> Vectors:
        """Return (texts, dimension); ids (texts, tokens), the mask false where a row is filled up."""
        vectors = np.empty((len(ids), self._words.shape[1]), np.float32)
        for place, (row, seen) in enumerate(zip(ids, mask, strict=True)):
            tokens = self._words[row[seen]]
            tokens += self._first[: len(tokens)]
            vectors[place] = self._session.run(None, {"tokens": tokens[None]})[0][0]
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
        return vectors


def _graph(weights: Weights, shape: Shape, delta: Delta) -> bytes:
    """Return the graph from (1, tokens, dimension), words and their places, to (1, dimension), the mean."""
    from onnx import TensorProto, helper

    graph = _Graph(weights, delta)
    state = graph.normal("tokens", "embeddings.LayerNorm", shape.epsilon)
    for number in range(shape.layers):
        layer = f"encoder.layer.{number}"
        parts = [graph.linear(state, f"{layer}.attention.self.{part}") for part in ("query", "key", "value")]
        mixed = graph.node("MultiHeadAttention", parts, domain=_RUNTIME, num_heads=shape.heads)
        added = graph.node("Add", [state, graph.linear(mixed, f"{layer}.attention.output.dense")])
        state = graph.normal(added, f"{layer}.attention.output.LayerNorm", shape.epsilon)
        inner = graph.node("Gelu", [graph.linear(state, f"{layer}.intermediate.dense")], domain=_RUNTIME)
        added = graph.node("Add", [state, graph.linear(inner, f"{layer}.output.dense")])
        state = graph.normal(added, f"{layer}.output.LayerNorm", shape.epsilon)
    mean = graph.node("ReduceMean", [state], axes=[1], keepdims=0)
    size = weights[WORDS].shape[1]
    whole = helper.make_graph(
        graph.nodes,
        "bert",
        [helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [1, "tokens", size])],
        [helper.make_tensor_value_info(mean, TensorProto.FLOAT, [1, size])],
        graph.tensors,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_RUNTIME, 1)]
    model: bytes = helper.make_model(whole, opset_imports=opsets, ir_version=9).SerializeToString()
    return model


class _Graph:
    """Nodes and tensors of a graph, each node with one output that bears its place's name."""

    def __init__(self, weights: Weights, delta: Delta) -> None:
        self._weights, self._delta = weights, delta
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        from onnx import helper

        name = f"{kind}.{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def linear(self, state: str, name: str) -> str:
        weight = self._weights[f"{name}.weight"]
        blocks, scales = in_four_bits(weight)
        inputs = [state, self._tensor(f"{name}.blocks", blocks), self._tensor(f"{name}.scales", scales), "", ""]
        wide, narrow = weight.shape
        sizes = {"N": wide, "K": narrow, "bits": 4, "block_size": BLOCK, "accuracy_level": 1}  # in float32
        bias = self._tensor(f"{name}.bias", self._weights[f"{name}.bias"])
        made = self.node("MatMulNBits", [*inputs, bias], domain=_RUNTIME, **sizes)
        if name not in self._delta:
            return made
        down, up = (self._tensor(f"{name}.{n}", half.T) for n, half in enumerate(self._delta[name]))
        return self.node("Add", [made, self.node("MatMul", [self.node("MatMul", [state, down]), up])])

    def normal(self, state: str, name: str, epsilon: float) -> str:
        parts = [self._tensor(f"{name}.{part}", self._weights[f"{name}.{part}"]) for part in ("weight", "bias")]
        return self.node("LayerNormalization", [state, *parts], axis=-1, epsilon=epsilon)

    def _tensor(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def in_four_bits(weight: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return (out, blocks, 16) bytes of two weights each, plus 8, the first one low, and (out * blocks,) scales.

    Of a matrix (out, in) that was expanded from such blocks; raises ValueError for another one.
    """
    blocks = weight.reshape(len(weight), -1, BLOCK)
    ends = np.take_along_axis(blocks, np.abs(blocks).argmax(-1, keepdims=True), -1)
    scales: NDArray[np.float32] = ends / np.float32(-8)  # the largest is the least number of four bits
    steps = np.rint(blocks / np.where(scales == 0, np.float32(1), scales))
    if steps.max() > 7 or not np.array_equal(steps * scales, blocks):
        raise ValueError("these weights are not what 4 bits and a scale for each 32 of them hold")
    four = (steps + 8).astype(np.uint8)
    packed: NDArray[np.uint8] = four[..., ::2] | four[..., 1::2] << np.uint8(4)
    return packed, scales.reshape(-1)
