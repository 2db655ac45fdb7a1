"""A BERT (Devlin et al. 2018) in NumPy: on a CPU as fast as torch for a question, and loaded at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ingest.models.encoder import Vectors
    from ingest.models.pairs import Ids

    Weights = Mapping[str, NDArray[np.float32]]
    State = NDArray[np.float32]

WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
KINDS = "embeddings.token_type_embeddings.weight"
# Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: erf to 1.5e-7, which is float32's own rounding.
_P = np.float32(0.3275911)
_A = tuple(map(np.float32, (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)))


@dataclass(frozen=True, slots=True)
class Shape:
    layers: int
    heads: int
    epsilon: float


class NumpyBert:
    """Tokens to the unit vector of their last layer's mean."""

    def __init__(self, weights: Weights, shape: Shape) -> None:
        """Take tensors by Hugging Face's names for BertModel; raises KeyError for one that is missing."""
        self._weights, self._shape = weights, shape
        # Its products are small, and OpenBLAS's threads wait by spinning: on busy cores two take ten times one's time.
        self._pools = ThreadpoolController().select(user_api="blas")
        self._first = weights[POSITIONS] + weights[KINDS][0]

    def vectors(self, ids: Ids, mask: NDArray[np.bool_]) -> Vectors:
        """Return (texts, dimension); ids (texts, tokens), the mask false where a row is filled up."""
        with self._pools.limit(limits=1):
            return self._vectors(ids, mask)

    def _vectors(self, ids: Ids, mask: NDArray[np.bool_]) -> Vectors:
        state = self._normal(self._weights[WORDS][ids] + self._first[: ids.shape[1]], "embeddings.LayerNorm")
        unseen = np.where(mask, 0, -np.inf).astype(np.float32)[:, None, None, :]
        for number in range(self._shape.layers):
            layer = f"encoder.layer.{number}"
            state = self._normal(state + self._attention(state, unseen, layer), f"{layer}.attention.output.LayerNorm")
            state = self._normal(state + self._forward(state, layer), f"{layer}.output.LayerNorm")
        mean: Vectors = (state * mask[:, :, None]).sum(1) / mask.sum(1, dtype=np.float32)[:, None]
        mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), np.float32(1e-12))
        return mean

    def _attention(self, state: State, unseen: State, layer: str) -> State:
        texts, tokens, width = state.shape
        query, key, value = (
            self._linear(state, f"{layer}.attention.self.{part}")
            .reshape(texts, tokens, self._shape.heads, -1)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores: State = query @ key.transpose(0, 1, 3, 2)
        scores *= np.float32(1 / math.sqrt(width // self._shape.heads))
        scores += unseen
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        mixed: State = (scores @ value).transpose(0, 2, 1, 3).reshape(texts, tokens, width)
        return self._linear(mixed, f"{layer}.attention.output.dense")

    def _forward(self, state: State, layer: str) -> State:
        return self._linear(_gelu(self._linear(state, f"{layer}.intermediate.dense")), f"{layer}.output.dense")

    def _linear(self, state: State, name: str) -> State:
        flat = state.reshape(-1, state.shape[-1]) @ self._weights[f"{name}.weight"].T  # one product, not one a text
        flat += self._weights[f"{name}.bias"]
        return flat.reshape(*state.shape[:-1], -1)

    def _normal(self, state: State, name: str) -> State:
        state = state - state.mean(-1, keepdims=True)
        state /= np.sqrt(np.square(state).mean(-1, keepdims=True) + np.float32(self._shape.epsilon))
        state *= self._weights[f"{name}.weight"]
        state += self._weights[f"{name}.bias"]
        return state


def _gelu(x: State) -> State:
    """Return x times the normal distribution's share below it (Hendrycks and Gimpel 2016)."""
    scaled = x * np.float32(math.sqrt(0.5))
    size = np.abs(scaled)
    step = 1 / (1 + _P * size)
    rest = _A[0] * step
    for factor in _A[1:]:
        rest += factor
        rest *= step
    rest *= np.exp(-size * size)
    gelu: State = x * np.float32(0.5) * (1 + np.copysign(1 - rest, scaled))
    return gelu
