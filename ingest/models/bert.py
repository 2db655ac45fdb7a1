"""The models of models.toml, a BERT whose mean stands for the text, in torch alone.

Through sentence-transformers the same takes 7 s more to import and 400 MB more to hold.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.models.encoder import unavailable
from ingest.models.offline import MANIFEST
from ingest.models.pairs import padded

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray

WORDS = "embeddings.word_embeddings.weight"


def is_made_here(folder: Path) -> bool:
    """Tell whether a folder is one that offline.py made, with the pooling that it writes."""
    try:
        pooling = json.loads((folder / "1_Pooling/config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    modes = {mode for mode, chosen in pooling.items() if mode.startswith("pooling_mode") and chosen}
    return (folder / MANIFEST).is_file() and modes == {"pooling_mode_mean_tokens"}


def _mapped(path: Path, name: str) -> NDArray[np.float32]:
    """Return a tensor as it lies in a safetensors file: what is not looked at takes no memory."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        place = json.loads(file.read(size))[name]
    return np.memmap(path, np.float32, "c", 8 + size + place["data_offsets"][0], tuple(place["shape"]))


class BertEncoder:
    """The mean of a BERT's last layer, and its unit vector."""

    def __init__(self, folder: Path, device: str | None, dtype: torch.dtype) -> None:
        """Load the weights, but for the words' table, which stays in its file: a text needs few of its rows.

        Raises ModelUnavailableError.
        """
        import torch
        from safetensors import safe_open
        from tokenizers import Tokenizer

        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._dtype = dtype
        try:
            config = json.loads((folder / "config.json").read_text("utf-8"))
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            with safe_open(folder / "model.safetensors", "pt") as file:
                weights = {name: file.get_tensor(name) for name in file.keys() if name != WORDS}  # noqa: SIM118
            words = torch.from_numpy(_mapped(folder / "model.safetensors", WORDS))
        except Exception as error:  # both libraries raise Exception itself
            raise unavailable(str(folder), error) from error
        self.dimension, self.window = int(config["hidden_size"]), int(config["max_position_embeddings"])
        self._layers, self._heads = int(config["num_hidden_layers"]), int(config["num_attention_heads"])
        self._eps, self._pad = float(config["layer_norm_eps"]), int(config["pad_token_id"])
        self._words = words.to(self._device)
        self._weights = {name: weight.to(self._device, dtype) for name, weight in weights.items()}

    def token_counts(self, texts: Sequence[str], special: bool = False) -> list[int]:
        return [len(row) for row in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=special)]

    def encode(self, texts: Sequence[str], prefix: str) -> torch.Tensor:
        """Return (n, dimension), unit norm."""
        import torch

        rows = [each.ids for each in self._tokenizer.encode_batch_fast([prefix + text for text in texts])]
        rows = [row if len(row) <= self.window else [*row[: self.window - 1], row[-1]] for row in rows]
        ids, mask = (torch.from_numpy(each).to(self._device) for each in padded(rows, self._pad))
        with torch.inference_mode():
            hidden = self.hidden(ids, mask.bool())
            wanted = mask.unsqueeze(-1).to(hidden.dtype)
            return torch.nn.functional.normalize((hidden * wanted).sum(1) / wanted.sum(1).clamp(min=1e-9))

    def hidden(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the last layer, (texts, tokens, dimension); the mask is false where a row is filled up."""
        at = self._weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        kind = self._weights["embeddings.token_type_embeddings.weight"][0]
        state = self._normal(self._words[ids].to(self._dtype) + kind + at, "embeddings.LayerNorm")
        seen = None if bool(mask.all()) else mask[:, None, None, :]
        for number in range(self._layers):
            layer = f"encoder.layer.{number}"
            state = self._normal(state + self._attention(state, seen, layer), f"{layer}.attention.output.LayerNorm")
            state = self._normal(state + self._forward(state, layer), f"{layer}.output.LayerNorm")
        return state

    def _attention(self, state: torch.Tensor, seen: torch.Tensor | None, layer: str) -> torch.Tensor:
        from torch.nn.functional import scaled_dot_product_attention

        query, key, value = (
            self._linear(state, f"{layer}.attention.self.{part}")
            .view(*state.shape[:2], self._heads, -1)
            .transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = scaled_dot_product_attention(query, key, value, seen).transpose(1, 2).flatten(2)
        return self._linear(mixed, f"{layer}.attention.output.dense")

    def _forward(self, state: torch.Tensor, layer: str) -> torch.Tensor:
        from torch.nn.functional import gelu

        return self._linear(gelu(self._linear(state, f"{layer}.intermediate.dense")), f"{layer}.output.dense")

    def _linear(self, state: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn.functional import linear

        return linear(state, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normal(self, state: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn.functional import layer_norm

        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return layer_norm(state, (self.dimension,), weight, bias, self._eps)
