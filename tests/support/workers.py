"""Embedders for other processes: they are made there, by what can be sent."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunker
from ingest.chunk.semantic import SemanticChunker
from ingest.models.embedder import Embedder
from tests.support.tiny_embedder import TinyEmbedder


@dataclass
class DyingEmbedder(TinyEmbedder):
    """Its process is killed when it embeds for the first time after `calls` calls; a file says that it was."""

    mark: Path = Path()
    calls: int = 2

    def embed_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        self.calls -= 1
        if self.calls < 0 and not self.mark.exists():
            self.mark.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed_passages(texts, progress)


def chunker(embedder: Embedder) -> Chunker:
    return SemanticChunker(embedder, 90, 20, 60)
