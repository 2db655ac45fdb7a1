"""Write the trained model as one int8 ONNX file."""

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import BertForSequenceClassification


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
    import onnx
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
