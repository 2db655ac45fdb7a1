"""Recursive chunking: the coarsest separator that brings every piece under the size."""

from collections.abc import Iterator

from ingest.chunk.chunker import Piece, homes
from ingest.parse.markdown import Document

SEPARATORS = ("\n\n", "\n", "。", "；", ". ", "，", ", ", " ")


class RecursiveChunker:
    """Split each home at blank lines, lines, sentences, clauses; join neighbours up to `size` code points."""

    def __init__(self, size: int = 500) -> None:
        if size < 1:
            raise ValueError(f"chunk size {size} must be positive; set chunker.size")
        self._size = size

    @property
    def fingerprint(self) -> str:
        return f"recursive-2:{self._size}"

    def split(self, document: Document) -> list[Piece]:
        pieces: list[Piece] = []
        for sections in homes(document):
            start, end = sections[0].body, sections[-1].end
            begin = stop = start
            for at in self._spans(document.text, start, end, 0):
                if at - begin > self._size and stop > begin:
                    pieces.append(Piece(begin, stop, (begin, stop)))
                    begin = stop
                stop = at
            if stop > begin:
                pieces.append(Piece(begin, stop, (begin, stop)))
        return pieces

    def _spans(self, text: str, start: int, end: int, level: int) -> Iterator[int]:
        """Yield the ends of consecutive spans that fit the size."""
        if end - start <= self._size:
            yield end
            return
        if level == len(SEPARATORS):
            yield from (*range(start + self._size, end, self._size), end)
            return
        separator = SEPARATORS[level]
        while start < end:
            found = text.find(separator, start, end)
            stop = end if found < 0 else found + len(separator)
            yield from self._spans(text, start, stop, level + 1)
            start = stop
