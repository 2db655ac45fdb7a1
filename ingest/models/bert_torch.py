"""The same BERT in torch: for many texts, other arithmetic, and a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import gelu, layer_norm, linear, normalize, scaled_dot_product_attention

from ingest.models.bert_onnx import KINDS, POSITIONS, WORDS, Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ingest.models.bert_onnx import Weights
    from ingest.models.encoder import Dtype, Vectors
    from ingest.models.pairs import Ids


class TorchBert:
    """Tokens to the unit vector of their last layer's mean."""

    def __init__(self, weights: Weights, shape: Shape, device: str | None, dtype: Dtype, threads: int = 0) -> None:
        """Take tensors by Hugging Face's names for BertModel. `threads` holds for the process, 0 is torch's choice.

        The words' table stays in its file: a text needs few of its rows.
        """
        if threads:
            torch.set_num_threads(threads)
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._dtype: torch.dtype = getattr(torch, dtype)
        self._shape = shape
        tensors = {name: torch.from_numpy(weight) for name, weight in weights.items()}
        self._words = tensors.pop(WORDS).to(self._device)
        self._weights = {name: weight.to(self._device, self._dtype) for name, weight in tensors.items()}

    def vectors(self, ids: Ids, mask: NDArray[np.bool_]) -> Vectors:
        """Return (texts, dimension); ids (texts, tokens), the mask false where a row is filled up."""
        with torch.inference_mode():
            seen = torch.from_numpy(mask).to(self._device)
            hidden = self.hidden(torch.from_numpy(ids).to(self._device), seen)
            wanted = seen.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * wanted).sum(1) / wanted.sum(1).clamp(min=1e-9)
            vectors: Vectors = normalize(mean).float().cpu().numpy()
            return vectors

    def hidden(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the last layer, (texts, tokens, dimension)."""
        at = self._weights[POSITIONS][: ids.shape[1]] + self._weights[KINDS][0]
        state = self._normal(self._words[ids].to(self._dtype) + at, "embeddings.LayerNorm")
        seen = None if bool(mask.all()) else mask[:, None, None, :]
        for number in range(self._shape.layers):
            layer = f"encoder.layer.{number}"
            state = self._normal(state + self._attention(state, seen, layer), f"{layer}.attention.output.LayerNorm")
            state = self._normal(state + self._forward(state, layer), f"{layer}.output.LayerNorm")
        return state

    def _attention(self, state: torch.Tensor, seen: torch.Tensor | None, layer: str) -> torch.Tensor:
        query, key, value = (
            self._linear(state, f"{layer}.attention.self.{part}")
            .view(*state.shape[:2], self._shape.heads, -1)
            .transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = scaled_dot_product_attention(query, key, value, seen).transpose(1, 2).flatten(2)
        return self._linear(mixed, f"{layer}.attention.output.dense")

    def _forward(self, state: torch.Tensor, layer: str) -> torch.Tensor:
        return self._linear(gelu(self._linear(state, f"{layer}.intermediate.dense")), f"{layer}.output.dense")

    def _linear(self, state: torch.Tensor, name: str) -> torch.Tensor:
        return linear(state, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normal(self, state: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return layer_norm(state, state.shape[-1:], weight, bias, self._shape.epsilon)
