"""Ways to cut a document into chunks, behind one protocol."""

from ingest.chunk.chunker import Chunk, Chunker, ChunkKind, Head, Note, Piece, chunk

__all__ = ["Chunk", "ChunkKind", "Chunker", "Head", "Note", "Piece", "chunk"]
