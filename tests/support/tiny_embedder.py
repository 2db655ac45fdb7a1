"""A deterministic embedder without weights, so that tests build whole indexes in milliseconds."""

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class TinyEmbedder:
    """Bags of characters, hashed; one token for each character that is no white space."""

    dimension: int = 256
    max_tokens: int = 500
    delay: float = 0  # seconds for each call, to be killed in
    fingerprint: str = "tiny-1"
    name: str = "tiny"
    embedded: list[str] = field(default_factory=list)  # every passage so far

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        time.sleep(self.delay)
        self.embedded += texts
        if progress and texts:
            progress(len(texts))
        return self.embed_queries(texts)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for char in text:
                vectors[row, zlib.crc32(char.encode()) % self.dimension] += not char.isspace()
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [sum(not char.isspace() for char in text) for text in texts]
