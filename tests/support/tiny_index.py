"""A small index of real parts, with an embedder that needs no weights: every number in it can be worked out by hand."""

from pathlib import Path

from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.index.snapshot import Snapshot
from ingest.index.versions import Versions
from ingest.pack import Packs
from tests.support.tiny_embedder import TinyEmbedder


def index(folder: Path, pack: str = "none", **texts: str) -> Snapshot:
    """Build and open an index of `texts`, by name without ".md"; the embedder counts characters."""
    source = folder / "source"
    source.mkdir()
    for name, text in texts.items():
        (source / f"{name}.md").write_text(text, "utf-8")
    versions, embedder, packs = Versions(folder / "index"), TinyEmbedder(), Packs(pack)
    build_index([source], versions, embedder, RecursiveChunker(200), CleanSteps(), packs)
    return versions.open(embedder.fingerprint, packs=packs)
