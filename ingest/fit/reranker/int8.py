"""The trained model as one int8 ONNX file, and back."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from ingest.fit.reranker.vocabulary import NO_DROPOUT

LAYER = re.compile(r"/model/(.+)/(?:MatMul|Gemm)")


class _Score(nn.Module):
    """Ids and mask, (pairs, tokens) int64 each, to scores, (pairs,) float32."""

    def __init__(self, model: BertForSequenceClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=ids, attention_mask=mask).logits[:, 0]
        return logits


def keep(model: BertForSequenceClassification, folder: Path) -> None:
    """Write model.onnx and then the weights as trained: where `folder`/torch is, the run is whole."""
    export(model, folder / "model.onnx")
    model.save_pretrained(folder / "torch")


def export(model: BertForSequenceClassification, path: Path) -> None:
    """Write float32 beside `path`, quantise its matrices to int8 row by row, tables and activations as wholes.

    Integer quantisation as in Jacob and others, CVPR 2018. The float32 file is deleted.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    full = path.with_suffix(".float32.onnx")
    sample = torch.ones((2, 8), dtype=torch.int64)
    axes: dict[str, Any] = {name: {0: "pairs", 1: "tokens"} for name in ("ids", "mask")} | {"scores": {0: "pairs"}}
    torch.onnx.export(
        _Score(model.cpu().train(False)),
        (sample, sample),
        full,
        input_names=["ids", "mask"],
        output_names=["scores"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(full, path, weight_type=QuantType.QInt8, per_channel=True)
    full.unlink()
    whole = onnx.load(path)
    del whole.metadata_props[:]
    whole.doc_string = ""
    for node in whole.graph.node:
        node.doc_string = ""
    onnx.save(whole, path)


def model_of(path: Path) -> BertForSequenceClassification:
    """Return the model that `export` wrote, its weights as they are in int8, to train it on.

    Raises ValueError for another file.
    """
    import onnx

    graph = onnx.load(path).graph
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    users = {name: node.name for node in graph.node for name in node.input}
    state: dict[str, NDArray[Any]] = {}
    for name, held in tensors.items():
        key, _, kind = name.removeprefix("model.").rpartition("_")
        if kind == "quantized":
            scale, zero = (tensors[name.removesuffix("quantized") + part] for part in ("scale", "zero_point"))
            weights = (held.astype(np.float32) - zero.astype(np.float32)) * scale
            layer = LAYER.match(users[name])  # its matrices have lost their names, and lie on their side
            state |= {f"{layer[1].replace('/', '.')}.weight": weights.T} if layer else {key: weights}
        elif name.startswith("model.") and kind not in ("scale", "point"):
            state[name.removeprefix("model.")] = held
    state = {k.removesuffix("_Transposed"): v.T if k.endswith("_Transposed") else v for k, v in state.items()}
    try:
        words, size = state["bert.embeddings.word_embeddings.weight"].shape
        between = "bert.encoder.layer.0.intermediate.dense.bias"
        settings: dict[str, Any] = NO_DROPOUT | {
            "vocab_size": words,
            "hidden_size": size,
            "num_hidden_layers": len({key.split(".")[3] for key in state if key.startswith("bert.encoder.layer.")}),
            "num_attention_heads": size // _head(graph),
            "intermediate_size": len(state[between]),
            "max_position_embeddings": len(state["bert.embeddings.position_embeddings.weight"]),
            "num_labels": 1,
        }
        model = BertForSequenceClassification(BertConfig.from_dict(settings, attn_implementation="eager"))
        model.load_state_dict({key: torch.tensor(np.ascontiguousarray(value)) for key, value in state.items()})
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"{path} is no cross-encoder that this program wrote ({error})"[:300]) from error
    return model


def _head(graph: Any) -> int:
    """The numbers of one head of attention, which the first layer's are put together from."""
    makers = {name: node for node in graph.node for name in node.output}
    size = makers[makers["/model/bert/encoder/layer.0/attention/self/Concat_output_0"].input[-1]].attribute[0].t
    return int(numpy_helper.to_array(size).item())
