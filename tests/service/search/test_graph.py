"""The graph that is run gives the scores of the file it was made from, and needs a third less work for them."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from transformers import BertConfig, BertForSequenceClassification

from ingest.fit.reranker.int8 import export
from service.search.graph import as_run
from service.search.scorers import SHIPPED


def run(model: bytes | Path, ids: NDArray[np.int64]) -> float:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = {each.name for each in session.get_inputs()}
    fed = {name: value for name, value in {"ids": ids, "mask": np.ones_like(ids)}.items() if name in names}
    return float(session.run(None, fed)[0][0])


def exported(folder: Path, heads: int, layers: int) -> tuple[Path, BertForSequenceClassification]:
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=50,
        hidden_size=24,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=48,
        initializer_range=0.3,
    )
    config.num_labels, config._attn_implementation = 1, "eager"
    model = BertForSequenceClassification(config)
    export(model, folder / "model.onnx")
    model.train(False)  # the export leaves it training, with dropout
    return folder / "model.onnx", model


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning", "ignore:Exporting aten:UserWarning"
)
@pytest.mark.parametrize(("heads", "layers"), [(1, 1), (3, 2), (6, 3)])
@pytest.mark.parametrize("tokens", [1, 2, 40])
def test_scores_are_those_of_the_file_whatever_its_shape(tmp_path: Path, heads: int, layers: int, tokens: int) -> None:
    """To what int8 rounds; against the network in float32, so that both being wrong alike is seen."""
    path, model = exported(tmp_path, heads, layers)
    graph = as_run(path)
    for seed in range(5):
        ids = np.random.default_rng(seed).integers(1, 50, (1, tokens))
        with torch.no_grad():
            whole = float(model(input_ids=torch.from_numpy(ids)).logits[0, 0])
        assert run(graph, ids) == pytest.approx(whole, abs=0.12)
        assert run(graph, ids) == pytest.approx(run(path, ids), abs=0.12)


def test_the_shipped_model_reads_the_last_layer_for_one_token_and_without_a_mask() -> None:
    graph = onnx.load_from_string(as_run(SHIPPED / "model.onnx")).graph
    assert [each.name for each in graph.input] == ["ids"]
    kinds = [node.op_type for node in graph.node]
    assert kinds.count("MultiHeadAttention") == 4
    assert "Softmax" not in kinds
    assert kinds.count("Slice") == 2 + [node.op_type for node in onnx.load(SHIPPED / "model.onnx").graph.node].count(
        "Slice"
    )


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    shutil.copy(SHIPPED / "model.onnx", path)
    model = onnx.load(path)
    for node in model.graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                names[place] = name.replace("/encoder/", "/trunk/")
    onnx.save(model, path)
    with pytest.raises(ValueError, match=r"other\.onnx has no layers"):
        as_run(path)
