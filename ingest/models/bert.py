"""The models of models.toml, a BERT whose mean stands for the text: ONNX for questions, torch for whole documents.

Through sentence-transformers the same takes 7 s more to import and 400 MB more to hold; torch alone still takes 1.5 s
and 200 MB, which who only asks is spared.
"""

from __future__ import annotations

import ctypes
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.models.bert_onnx import OnnxBert, Shape
from ingest.models.delta import merged, read_delta
from ingest.models.encoder import Dtype, unavailable
from ingest.models.offline import MANIFEST
from ingest.models.pairs import padded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.models.bert_torch import TorchBert
    from ingest.models.encoder import Vectors


def is_made_here(folder: Path) -> bool:
    """Tell whether a folder is one that offline.py made, with the pooling that it writes."""
    try:
        pooling = json.loads((folder / "1_Pooling/config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    modes = {mode for mode, chosen in pooling.items() if mode.startswith("pooling_mode") and chosen}
    return (folder / MANIFEST).is_file() and modes == {"pooling_mode_mean_tokens"}


def _mapped(path: Path) -> Mapping[str, NDArray[np.float32]]:
    """Return the tensors as they lie in a safetensors file (its README, "Format"): what is not read takes no memory."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    whole = np.memmap(path, np.uint8, "c", 8 + size)
    tensors = {}
    for name, place in header.items():
        if place["dtype"] == "F32":
            start, stop = place["data_offsets"]
            tensors[name] = np.asarray(whole[start:stop].view(np.float32).reshape(place["shape"]))
    return tensors


class BertEncoder:
    """The mean of a BERT's last layer, as its unit vector."""

    def __init__(self, folder: Path, device: str | None, dtype: Dtype, threads: int = 0) -> None:
        """Map the weights; torch reads the same pages when passages are embedded. Raises ModelUnavailableError."""
        from tokenizers import Tokenizer

        try:
            config = json.loads((folder / "config.json").read_text("utf-8"))
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self.weights, self._delta = _mapped(folder / "model.safetensors"), read_delta(folder)
            shape = Shape(config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"])
        except Exception as error:  # the library raises Exception itself
            raise unavailable(str(folder), error) from error
        self.dimension, self.window = int(config["hidden_size"]), int(config["max_position_embeddings"])
        self._pad = int(config["pad_token_id"])
        self._shape, self._device, self._dtype, self._threads = shape, device, dtype, threads
        self._plain = dtype == "float32" and (device == "cpu" or (device is None and not _has_cuda()))

    def token_counts(self, texts: Sequence[str], special: bool = False) -> list[int]:
        return [len(row) for row in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=special)]

    def encode(self, texts: Sequence[str], prefix: str, few: bool = False) -> Vectors:
        """Return (n, dimension), unit norm; `few` texts are not worth loading torch for, which is faster with many."""
        rows = [each.ids for each in self._tokenizer.encode_batch_fast([prefix + text for text in texts])]
        rows = [row if len(row) <= self.window else [*row[: self.window - 1], row[-1]] for row in rows]
        ids, mask = padded(rows, self._pad)
        network = self.few if few and self._plain else self.many
        return network.vectors(ids, mask.astype(bool))

    @cached_property
    def few(self) -> OnnxBert:
        """The network in ONNX."""
        return OnnxBert(self.weights, self._shape, self._threads, self._delta)

    @cached_property
    def many(self) -> TorchBert:
        """The network in torch."""
        from ingest.models.bert_torch import TorchBert  # loads torch

        weights = merged(self.weights, self._delta)
        return TorchBert(weights, self._shape, self._device, self._dtype, self._threads)


def _has_cuda() -> bool:
    """Whether a driver is here, without asking torch, which takes long to load."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True
