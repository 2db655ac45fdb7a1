"""Semantic chunking: cut where the meaning of neighbouring sentence windows moves apart.

Distances and the percentile follow Kamradt's "5 levels of text splitting" (level 4, percentile 95); ours
never leaves a heading section to cut, never cuts inside a unit, and holds sizes between two bounds.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ingest.chunk.chunker import Piece, homes
from ingest.chunk.units import Unit, units_of
from ingest.models.embedder import Embedder
from ingest.parse.markdown import Document

Distances = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring units and their size, with the headings between them."""

    units: tuple[Unit, ...]
    tokens: int


class SemanticChunker:
    """Cut at distances above a percentile of the document; sizes in the embedder's tokens.

    Documents of one heading or none, but for their title, are held to `plain_tokens`: where no heading says what a
    passage is about, a long one is about too much.
    """

    def __init__(
        self,
        embedder: Embedder,
        percentile: float = 90,
        min_tokens: int = 60,
        max_tokens: int = 320,
        plain_tokens: int = 128,
        window: int = 1,
    ) -> None:
        if not 0 < min_tokens <= max_tokens <= embedder.max_tokens or not 0 < plain_tokens <= embedder.max_tokens:
            raise ValueError(
                f"chunk sizes {min_tokens}..{max_tokens} and {plain_tokens} tokens must rise and stay within the "
                f"embedder's window of {embedder.max_tokens}; set chunker.min_tokens, max_tokens and plain_tokens"
            )
        self._headed = _Cutter(embedder, percentile, min_tokens, max_tokens, window)
        self._plain = _Cutter(embedder, percentile, min(min_tokens, max(1, plain_tokens // 4)), plain_tokens, window)
        sizes = f"p{percentile:g}-{min_tokens}-{max_tokens}-{plain_tokens}-w{window}"
        self.fingerprint = f"semantic-5:{sizes}:{embedder.fingerprint}"

    def split(self, document: Document) -> list[Piece]:
        """Return pieces in reading order; a unit longer than the maximum is a piece of its own."""
        headings = {path for section in document.sections if (path := section.heading_path)}
        return (self._headed if len(headings) > 1 else self._plain).split(document)


class _Cutter:
    """Cuts to one size."""

    def __init__(self, embedder: Embedder, percentile: float, least: int, most: int, window: int) -> None:
        self._embedder = embedder
        self._percentile, self._window = percentile, window
        self._min, self._max = least, most

    def split(self, document: Document) -> list[Piece]:
        grouped = [[units_of(document, section) for section in sections] for sections in homes(document)]
        flat = [unit for group in grouped for section in group for unit in section]
        counts = self._embedder.token_counts([document.text[u.start : u.end] for u in flat])
        tokens = dict(zip(flat, counts, strict=True))
        gaps = self._gaps(document, [s for group in grouped for s in group], tokens)
        free = [gap for unit, gap in gaps.items() if not unit.glued]
        threshold = float(np.percentile(free, self._percentile)) if free else 1.0
        headings = self._headings(document, grouped)
        pieces: list[Piece] = []
        for group in grouped:
            runs = [run for section in group if section for run in self._cut(section, tokens, gaps, threshold)]
            for run in self._join(runs, headings):
                start, end = run.units[0].start, run.units[-1].end
                pieces.append(Piece(start, end, (start, end)))
        return pieces

    def _headings(self, document: Document, grouped: list[list[list[Unit]]]) -> dict[Unit, int]:
        """Tokens of what stands between the first unit of a section and the unit before it in its home."""
        pairs = [
            (before[-1], section[0])
            for group in grouped
            for before, section in pairwise([section for section in group if section])
        ]
        counts = self._embedder.token_counts([document.text[a.end : b.start] for a, b in pairs])
        return {unit: count for (_, unit), count in zip(pairs, counts, strict=True)}

    def _gaps(self, document: Document, sections: list[list[Unit]], tokens: dict[Unit, int]) -> dict[Unit, float]:
        """Cosine distance between the windows before and after each unit's start, where a cut is possible."""
        least = min(2 * self._min, self._max + 1)
        cuttable = [s for s in sections if len(s) > 1 and sum(tokens[u] for u in s) >= least]
        flat = [unit for section in cuttable for unit in section]
        vectors = self._embedder.embed_passages([document.text[u.start : u.end] for u in flat])
        gaps: dict[Unit, float] = {}
        offset = 0
        for section in cuttable:
            rows = vectors[offset : offset + len(section)]
            offset += len(section)
            for i in range(1, len(section)):
                before = rows[max(0, i - 1 - self._window) : i].mean(axis=0)
                after = rows[i : i + 1 + self._window].mean(axis=0)
                gaps[section[i]] = 1 - float(before @ after / (np.linalg.norm(before) * np.linalg.norm(after)))
        return gaps

    def _cut(
        self, section: list[Unit], tokens: dict[Unit, int], gaps: dict[Unit, float], threshold: float
    ) -> list[Run]:
        """Cut one section at its semantic breaks, then at the widest gap left in whatever is too long."""
        breaks = [i for i, u in enumerate(section) if not u.glued and gaps.get(u, 0) > threshold]
        bounds = [0, *breaks, len(section)]
        waiting = [section[a:b] for a, b in pairwise(bounds)][::-1]
        runs: list[Run] = []
        while waiting:
            part = waiting.pop()
            size = sum(tokens[u] for u in part)
            if size <= self._max or len(part) == 1:
                runs.append(Run(tuple(part), size))
                continue
            at = max(range(1, len(part)), key=lambda i: (not part[i].glued, gaps[part[i]]))
            waiting += [part[at:], part[:at]]
        return self._join(runs, {})

    def _join(self, runs: list[Run], headings: dict[Unit, int]) -> list[Run]:
        """Join each piece under the minimum to its neighbour, as long as the sum fits."""
        joined: list[Run] = []
        for run in runs:
            total = joined[-1].tokens + headings.get(run.units[0], 0) + run.tokens if joined else 0
            if joined and total <= self._max and min(joined[-1].tokens, run.tokens) < self._min:
                joined[-1] = Run(joined[-1].units + run.units, total)
            else:
                joined.append(run)
        return joined
