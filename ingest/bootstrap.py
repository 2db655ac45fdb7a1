"""The composition root of the offline half: the only place here that names concrete classes.

The functions are entry points (pyproject.toml): from a group of settings to what it stands for.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingest import plugins
from ingest.chunk import Chunker
from ingest.chunk.fixed import FixedChunker
from ingest.chunk.recursive import RecursiveChunker
from ingest.chunk.semantic import SemanticChunker
from ingest.chunk.window import WindowChunker
from ingest.index.versions import Versions
from ingest.models.embedder import Embedder, SentenceTransformerEmbedder
from ingest.models.offline import resolve
from ingest.pack import Packs
from ingest.read.reading import Limits
from ingest.settings import (
    ChunkerSettings,
    EmbedderSettings,
    FixedSettings,
    IngestSettings,
    ReadingSettings,
    RecursiveSettings,
    SemanticSettings,
    WindowSettings,
    plugged,
)
from ingest.workers.workers import Workers

if TYPE_CHECKING:
    from ingest.workers.ray_workers import RayWorkers


def embedder(settings: IngestSettings) -> Embedder:
    """Load the embedding model, making it first if it comes from a package; raises ModelUnavailableError."""
    made: Embedder = plugins.factory("embedders", settings.embedder.kind)(settings.embedder, settings.models)
    return made


def chunker(settings: ChunkerSettings, model: Embedder) -> Chunker:
    made: Chunker = plugins.factory("chunkers", plugged(settings))(settings, model)
    return made


def index(settings: IngestSettings) -> Versions:
    made: Versions = plugins.factory("indexes", settings.index_kind)(settings)
    return made


def embedded(settings: IngestSettings) -> Versions:
    return Versions(settings.index)


def qdrant(settings: IngestSettings) -> Versions:
    """Keep versions as files, and search them in Qdrant's engine; raises ValueError without the extra."""
    try:
        from ingest.index.qdrant.edge import QdrantEdge
    except ImportError as error:
        raise _lacking("qdrant", error) from error
    return Versions(settings.index, backend=QdrantEdge())


def qdrant_server(settings: IngestSettings) -> Versions:
    """Keep versions as files, and search them on Qdrant's server; raises ValueError without the extra."""
    try:
        from qdrant_client import QdrantClient

        from ingest.index.qdrant.server import QdrantServer
    except ImportError as error:
        raise _lacking("qdrant-server", error) from error
    given = settings.qdrant
    key = given.key.get_secret_value() if given.key else None
    client = QdrantClient(given.url, api_key=key, timeout=given.seconds, check_compatibility=False)
    return Versions(settings.index, backend=QdrantServer(client))


def milvus(settings: IngestSettings) -> Versions:
    """Keep versions as files, and search them in Milvus; raises ValueError without the extra."""
    try:
        from ingest.index.milvus.server import MilvusServer
    except ImportError as error:
        raise _lacking("milvus", error) from error
    given = settings.milvus
    token = given.token.get_secret_value() if given.token else ""
    return Versions(settings.index, backend=MilvusServer(given.uri, token, given.seconds))


def workers(settings: IngestSettings) -> AbstractContextManager[Workers | None]:
    """Return who helps with a build, None where this process does it alone; raises ValueError without the extra."""
    given = settings.build
    return nullcontext() if given.workers == 1 and given.cluster is None else ray_workers(settings)


def ray_workers(settings: IngestSettings) -> RayWorkers:
    """Return workers that embed in as many threads as this process would: vectors differ by it in their last bits."""
    if find_spec("ray") is None:
        raise ValueError("OUTLINE_QA_BUILD__WORKERS needs an extra: pip install 'outline-qa[ray]'")
    import torch

    from ingest.workers.ray_workers import RayWorkers

    given, threads = settings.build, settings.embedder.threads or torch.get_num_threads()
    alike = settings.embedder.model_copy(update={"threads": threads})
    own = settings.model_copy(update={"models": settings.models.absolute(), "embedder": alike})
    return RayWorkers(given.workers, partial(embedder, own), partial(chunker, own.chunker), given.cluster)


def _lacking(kind: str, error: ImportError) -> ValueError:
    return ValueError(f"index_kind {kind} needs an extra: pip install 'outline-qa[{kind}]' ({error})")


def limits(settings: ReadingSettings) -> Limits:
    return Limits(**settings.model_dump(exclude={"originals"}))


def packs(settings: IngestSettings) -> Packs:
    return Packs(settings.pack, settings.packs)


def semantic(s: SemanticSettings, model: Embedder) -> Chunker:
    return SemanticChunker(model, s.percentile, s.min_tokens, s.max_tokens, s.plain_tokens)


def recursive(s: RecursiveSettings, _: Embedder) -> Chunker:
    return RecursiveChunker(s.size)


def fixed(s: FixedSettings, _: Embedder) -> Chunker:
    return FixedChunker(s.size, s.overlap)


def window(s: WindowSettings, _: Embedder) -> Chunker:
    return WindowChunker(s.neighbours)


def sentence_transformers(s: EmbedderSettings, models: Path) -> Embedder:
    return SentenceTransformerEmbedder(
        resolve(s.model, models),
        query_prefix=s.query_prefix,
        passage_prefix=s.passage_prefix,
        batch_tokens=s.batch_tokens,
        device=s.device,
        dtype=_dtype() if s.dtype == "auto" else s.dtype,
        threads=s.threads,
    )


def _dtype() -> Literal["bfloat16", "float32"]:
    """bfloat16 halves the time on a CPU with instructions for it, and is far slower on one without."""
    flags = Path("/proc/cpuinfo")
    native = flags.is_file() and re.search(r"\b(?:avx512_bf16|amx_bf16)\b", flags.read_text("utf-8"))
    return "bfloat16" if native else "float32"
