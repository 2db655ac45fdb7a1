"""Fixed-size chunking with overlap: blind to structure, the baseline the others are measured against."""

from ingest.chunk.chunker import Piece, homes
from ingest.parse.markdown import Document


class FixedChunker:
    """Windows of `size` code points, each starting `size - overlap` after the one before."""

    def __init__(self, size: int = 500, overlap: int = 100) -> None:
        if not 0 <= overlap < size:
            raise ValueError(f"overlap {overlap} must be at least 0 and under the size {size}; set chunker.overlap")
        self._size, self._overlap = size, overlap

    @property
    def fingerprint(self) -> str:
        return f"fixed-2:{self._size}-{self._overlap}"

    def split(self, document: Document) -> list[Piece]:
        pieces: list[Piece] = []
        for sections in homes(document):
            start, end = sections[0].body, sections[-1].end
            while start < end:
                stop = min(start + self._size, end)
                pieces.append(Piece(start, stop, (start, stop)))
                if stop == end:
                    break
                start = stop - self._overlap
        return pieces
