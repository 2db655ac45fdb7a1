"""Sentence windows: index one unit, return its neighbourhood."""

from ingest.chunk.chunker import Piece, homes
from ingest.chunk.units import units_of
from ingest.parse.markdown import Document


class WindowChunker:
    """One piece a unit; what is shown runs `neighbours` units to either side, within its home."""

    def __init__(self, neighbours: int = 2) -> None:
        if neighbours < 0:
            raise ValueError(f"neighbours {neighbours} must not be negative; set chunker.neighbours")
        self._neighbours = neighbours

    @property
    def fingerprint(self) -> str:
        return f"window-2:{self._neighbours}"

    def split(self, document: Document) -> list[Piece]:
        pieces: list[Piece] = []
        for sections in homes(document):
            found = [unit for section in sections for unit in units_of(document, section)]
            for i, unit in enumerate(found):
                first = found[max(0, i - self._neighbours)]
                last = found[min(len(found) - 1, i + self._neighbours)]
                pieces.append(Piece(first.start, last.end, (unit.start, unit.end)))
        return pieces
