"""The shipped cross-encoder's graph as it is run: each layer's attention as one operator, and of the last the start.

A score is read from the first token alone, so that the last layer's queries, outputs and feed-forward network are
needed for that token only: three of its four parts. With the attention of ONNX Runtime (docs/ContribOperators.md),
which never holds the products of all tokens with all, a pair of 256 tokens takes 0.72 of the time.
"""

import re
from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, helper, numpy_helper

LAYER = re.compile(r"(.*/encoder/layer\.\d+)/attention/self/query/Add_output_0")
RUNTIME = "com.microsoft"


def as_run(path: Path) -> bytes:
    """Read a file that ingest/fit/reranker/int8.py wrote; `mask` is no input any more: one pair has nothing to hide.

    Raises ValueError for another file.
    """
    graph = _Graph(onnx.load(path))
    layers = [found[1] for name in graph.makers if (found := LAYER.fullmatch(name))]
    if not layers:
        raise ValueError(f"{path} has no layers such as `python -m ingest fit` writes: take the file it wrote")
    for layer in layers:
        graph.attend(f"{layer}/attention/self")
    graph.first_token(f"{layers[-1]}/attention")
    return graph.needed_for("scores")


class _Graph:
    """A graph that is edited; `makers` are the nodes by what they put out."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._model = model
        self.makers = {name: node for node in model.graph.node for name in node.output}
        self._tensors = {tensor.name: tensor for tensor in model.graph.initializer}

    def attend(self, base: str) -> None:
        """Put one operator in the place of products, mask, softmax and transpositions."""
        parts = [f"{base}/{part}/Add_output_0" for part in ("query", "key", "value")]
        size = self.makers[self.makers[f"{base}/Concat_output_0"].input[-1]].attribute[0].t  # of a head
        product = self.makers[f"{base}/query/MatMul_output_0_output_quantized"]
        width = self._tensors[product.input[1]].dims[1]
        heads = width // int(numpy_helper.to_array(size).item())
        out = self.makers[f"{base}/Reshape_3_output_0"]
        one = helper.make_node("MultiHeadAttention", parts, list(out.output), domain=RUNTIME, num_heads=heads)
        out.CopyFrom(one)

    def first_token(self, base: str) -> None:
        """Ask for the first token alone, in the queries as they are quantised, and in what is added after."""
        ends = {f"{base}/start": 0, f"{base}/stop": 1, f"{base}/axis": 1}
        tensors = (numpy_helper.from_array(np.array([n], np.int64), name) for name, n in ends.items())
        self._model.graph.initializer.extend(tensors)
        product = self.makers[f"{base}/self/query/MatMul_output_0_output_quantized"]
        added = self.makers[f"{base}/output/Add_output_0"]
        for node, place in ((product, 0), (added, 1)):
            whole = node.input[place]
            node.input[place] = f"{whole}_first"
            cut = helper.make_node("Slice", [whole, *ends], [f"{whole}_first"])
            nodes = self._model.graph.node
            nodes.insert(list(nodes).index(node), cut)

    def needed_for(self, output: str) -> bytes:
        """Return the model with what one output needs."""
        graph, needed, kept = self._model.graph, {output}, list[NodeProto]()
        for node in reversed(graph.node):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        tensors = [each for each in graph.initializer if each.name in needed]
        inputs = [each for each in graph.input if each.name in needed]
        for field in (graph.node, graph.initializer, graph.input, graph.value_info):
            del field[:]
        graph.node.extend(reversed(kept))
        graph.initializer.extend(tensors)
        graph.input.extend(inputs)
        self._model.opset_import.append(helper.make_opsetid(RUNTIME, 1))
        return bytes(self._model.SerializeToString())
