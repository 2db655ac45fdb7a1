"""The composition root of the offline half: the only place here that names concrete classes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from ingest.chunk import Chunker
from ingest.chunk.fixed import FixedChunker
from ingest.chunk.recursive import RecursiveChunker
from ingest.chunk.semantic import SemanticChunker
from ingest.chunk.window import WindowChunker
from ingest.models.embedder import Embedder, SentenceTransformerEmbedder
from ingest.models.offline import resolve
from ingest.pack import Packs
from ingest.settings import ChunkerSettings, IngestSettings

CHUNKERS: dict[str, Callable[[Any, Embedder], Chunker]] = {
    "semantic": lambda s, embedder: SemanticChunker(embedder, s.percentile, s.min_tokens, s.max_tokens),
    "recursive": lambda s, _: RecursiveChunker(s.size),
    "fixed": lambda s, _: FixedChunker(s.size, s.overlap),
    "window": lambda s, _: WindowChunker(s.neighbours),
}


def embedder(settings: IngestSettings) -> Embedder:
    """Load the embedding model, making it first if it comes from a package; raises ModelUnavailableError."""
    group = settings.embedder
    return SentenceTransformerEmbedder(
        resolve(group.model, settings.models),
        query_prefix=group.query_prefix,
        passage_prefix=group.passage_prefix,
        batch_tokens=group.batch_tokens,
        device=group.device,
        dtype=_dtype() if group.dtype == "auto" else group.dtype,
        threads=group.threads,
    )


def _dtype() -> Literal["bfloat16", "float32"]:
    """bfloat16 halves the time on a CPU with instructions for it, and is far slower on one without."""
    flags = Path("/proc/cpuinfo")
    native = flags.is_file() and re.search(r"\b(?:avx512_bf16|amx_bf16)\b", flags.read_text("utf-8"))
    return "bfloat16" if native else "float32"


def packs(settings: IngestSettings) -> Packs:
    return Packs(settings.pack, settings.packs)


def chunker(settings: ChunkerSettings, model: Embedder) -> Chunker:
    return CHUNKERS[settings.kind](settings, model)
