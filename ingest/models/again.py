"""An embedder that embeds a text once, from one build to the next."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.memo import Memo
    from ingest.models.embedder import Embedder
    from ingest.models.encoder import Vectors


class MemoEmbedder:
    """Vectors of another embedder, kept by text: for the few that stand in no index.

    One text at a time: beside others a vector differs in its last bits, and a build must equal one from nothing.
    """

    def __init__(self, embedder: Embedder, memo: Memo) -> None:
        self._embedder, self._memo = embedder, memo
        self.name, self.fingerprint = embedder.name, embedder.fingerprint
        self.dimension, self.max_tokens = embedder.dimension, embedder.max_tokens

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        return self._vectors("passage", texts, self._embedder.embed_passages, progress or (lambda _: None))

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._vectors("query", texts, self._embedder.embed_queries, lambda _: None)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return self._embedder.token_counts(texts)

    def _vectors(
        self,
        kind: str,
        texts: Sequence[str],
        embed: Callable[[Sequence[str]], Vectors],
        progress: Callable[[int], None],
    ) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            about = ("embed", self.fingerprint, kind, text)
            vectors[row] = self._memo.value(about, partial(_first, embed, text), _to_json, _from_json)
            progress(row + 1)
        return vectors


def _first(embed: Callable[[Sequence[str]], Vectors], text: str) -> Vectors:
    vector: Vectors = embed([text])[0]
    return vector


def _to_json(vector: Vectors) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")


def _from_json(text: str) -> Vectors:
    return np.frombuffer(base64.b64decode(text), "<f4")
