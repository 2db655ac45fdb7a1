"""Texts to the vectors that a model gives them, before anything is made of equal length."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from ingest.models.offline import ModelUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Dtype = Literal["float32", "bfloat16", "float16"]


class Encoder(Protocol):
    """A text encoder. One thread at a time: the tokeniser is shared."""

    @property
    def dimension(self) -> int: ...

    @property
    def window(self) -> int:
        """Tokens that are read of a text, special ones among them."""

    def token_counts(self, texts: Sequence[str], special: bool = False) -> list[int]:
        """Count each text's tokens, those beyond the window too; `special` are those put around every text."""

    def encode(self, texts: Sequence[str], prefix: str, few: bool = False) -> Vectors:
        """Return (n, dimension); `few` are questions, which wait for nothing to be loaded."""


class SentenceTransformerEncoder:
    """Any sentence-transformers model."""

    def __init__(self, model: str, is_folder: bool, device: str | None, dtype: Dtype, threads: int = 0) -> None:
        """Load from the disk if it is all there, so that a cached model waits for no network."""
        import torch
        from sentence_transformers import SentenceTransformer

        if threads:
            torch.set_num_threads(threads)
        # Without modules.json in the cache a local load would guess the pooling.
        attempts = (True,) if is_folder else (True, False) if cached(model, "modules.json") else (False,)
        for local in attempts:
            try:
                self._model = SentenceTransformer(
                    model, device=device, local_files_only=local, model_kwargs={"dtype": getattr(torch, dtype)}
                ).eval()
                break
            except (OSError, ValueError) as error:
                cause = error
        else:
            raise unavailable(model, cause) from cause
        dimension, window = self._model.get_embedding_dimension(), self._model.max_seq_length
        if dimension is None or window is None:
            raise ModelUnavailableError(
                f"The model {model!r} states no embedding dimension or no window: it embeds no text"
            )
        self.dimension, self.window = dimension, window

    def token_counts(self, texts: Sequence[str], special: bool = False) -> list[int]:
        rows = self._model.tokenizer(list(texts), add_special_tokens=special, verbose=False)["input_ids"]
        return [len(row) for row in rows]

    def encode(self, texts: Sequence[str], prefix: str, few: bool = False) -> Vectors:
        import torch
        from sentence_transformers.util import batch_to_device

        features = self._model.preprocess(list(texts), prompt=prefix or None)
        with torch.inference_mode():
            output = self._model(batch_to_device(features, self._model.device))
        vectors: Vectors = output["sentence_embedding"].float().cpu().numpy()
        return vectors


def unavailable(model: str, cause: Exception) -> ModelUnavailableError:
    said = str(cause).strip().split("\n", 1)[0].rstrip(".")
    return ModelUnavailableError(
        f"Cannot load the embedding model {model!r}: {said}. Set the embedder's model to "
        "multilingual-e5-small (it needs no model hub), a sentence-transformers folder, or a Hugging Face id "
        "that can be downloaded"
    )


def cached(model: str, file: str) -> Path | None:
    """Return a file of a hub model in the local cache."""
    from huggingface_hub import try_to_load_from_cache

    repository = model if "/" in model else f"sentence-transformers/{model}"
    found = try_to_load_from_cache(repository, file)
    return Path(found) if isinstance(found, str) else None
