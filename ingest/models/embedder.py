"""Turn texts into unit vectors."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ingest.models.bert import BertEncoder, is_made_here
from ingest.models.encoder import Dtype, SentenceTransformerEncoder, cached
from ingest.models.offline import ModelUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.models.encoder import Encoder, Vectors

# A tokeniser reads these as its own, wherever they stand: a question on <pad> would be one on nothing.
MARK = re.compile(r"<(/?(?:s|pad|unk|mask|cls|sep|bos|eos))>", re.IGNORECASE)
_IDENTITY = {".json", ".txt", ".model", ".safetensors", ".bin"}


class Embedder(Protocol):
    """A text embedding model; vectors are (n, dimension) float32, unit norm, row i for text i."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Equal exactly when weights, tokeniser, pooling and prefixes are: it goes into the index."""

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Tokens of a text, as `token_counts` counts them, that are never cut off."""

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Embed texts to be found; `progress` is told after each batch how many are done."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed texts to search with."""

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Count the model's tokens in each text, without prefix and special tokens."""


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, those of models.toml by our own BERT. Longer texts lose what exceeds its window.

    One thread at a time: the tokeniser is shared. `device` None is cuda where there is one, else cpu;
    `threads` 0 leaves torch's choice, and else holds for the whole process. `dtype` is the arithmetic's:
    it is no part of the fingerprint, since vectors of the same text agree to a cosine of 0.999.
    """

    def __init__(
        self,
        model: str | Path,
        query_prefix: str = "",
        passage_prefix: str = "",
        batch_tokens: int = 1024,
        device: str | None = None,
        dtype: Dtype = "float32",
        threads: int = 0,
    ) -> None:
        """Load the weights. Raises ModelUnavailableError."""
        self._folder = Path(model) if Path(model).is_dir() else None
        self.name = self._folder.resolve().name if self._folder else str(model)
        self._encoder = _encoder(str(model), self._folder, device, dtype, threads)
        self._query_prefix, self._passage_prefix = query_prefix, passage_prefix
        self._batch_tokens = batch_tokens
        prefixes = self._encoder.token_counts([query_prefix, passage_prefix], special=True)
        self.dimension, self.max_tokens = self._encoder.dimension, self._encoder.window - max(prefixes)

    @cached_property
    def fingerprint(self) -> str:
        """Hash the prefixes and a hub id's commit or a folder's files, weights too (0.4 s for 470 MB)."""
        digest = hashlib.sha256(repr((self._query_prefix, self._passage_prefix)).encode())
        if self._folder is None:
            config = cached(self.name, "config.json")
            if config is None:
                raise ModelUnavailableError(
                    f"The Hugging Face cache has no config.json of {self.name!r}, so the index cannot name "
                    "its weights: download the model into a folder and set the embedder's model to that"
                )
            digest.update(f"{self.name}@{config.parent.name}".encode())  # the snapshot's folder is named by its commit
            return digest.hexdigest()
        for path in sorted(path for path in self._folder.rglob("*") if path.suffix in _IDENTITY):
            with path.open("rb") as file:
                digest.update(path.relative_to(self._folder).as_posix().encode())
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Return (n, d) float32, unit norm. Raises ValueError when the model gives no finite vector."""
        return self._embed(texts, self._passage_prefix, progress=progress)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return (n, d) float32, unit norm. Raises ValueError when the model gives no finite vector."""
        return self._embed([MARK.sub(r"< \1 >", text) for text in texts], self._query_prefix, few=True)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Count tokens without prefix and special tokens, beyond the window too."""
        return self._encoder.token_counts(texts) if texts else []

    def _embed(
        self, texts: Sequence[str], prefix: str, few: bool = False, progress: Callable[[int], None] | None = None
    ) -> Vectors:
        # By tokens, which say what a batch costs.
        vectors = np.empty((len(texts), self.dimension), np.float32)
        lengths = [min(count, self._encoder.window) for count in self.token_counts(texts)]
        done = 0
        for rows in batches(lengths, self._batch_tokens):
            vectors[rows] = self._encoder.encode([texts[row] for row in rows], prefix, few)
            done += len(rows)
            if progress:
                progress(done)
        return self._normalised(vectors, texts)

    def _normalised(self, vectors: Vectors, texts: Sequence[str]) -> Vectors:
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        bad = np.flatnonzero(~np.isfinite(norms[:, 0]) | (norms[:, 0] == 0))
        if bad.size:
            raise ValueError(
                f"The embedding model {self.name!r} gave no finite vector for {bad.size} of {len(texts)} "
                f"texts, first {texts[bad[0]][:60]!r}: its weights are damaged, or set its dtype to float32"
            )
        vectors /= norms
        return vectors


def _encoder(model: str, folder: Path | None, device: str | None, dtype: Dtype, threads: int) -> Encoder:
    if folder and is_made_here(folder):
        return BertEncoder(folder, device, dtype, threads)
    return SentenceTransformerEncoder(model, folder is not None, device, dtype, threads)


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield rows, longest first, so that a batch's rows times its longest stay within the budget."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if batch and (len(batch) + 1) * max(1, lengths[batch[0]]) > budget:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
