"""Build folder A into index B, in a process of its own: `python -m tests.support.tiny_build A B`."""

import sys
from pathlib import Path

from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.index.versions import Versions
from ingest.pack import Packs
from tests.support.tiny_embedder import TinyEmbedder

if __name__ == "__main__":
    source, index = map(Path, sys.argv[1:])
    build_index([source], Versions(index), TinyEmbedder(), RecursiveChunker(200), CleanSteps(), Packs("none"))
