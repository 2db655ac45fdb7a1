"""Which passages a search is for."""

from dataclasses import dataclass

import numpy as np

from ingest.chunk import Chunk
from ingest.index.columns import Columns, Mask


@dataclass(frozen=True, slots=True)
class Scope:
    """Which chunks may be found; None does not restrict."""

    sections: frozenset[int] | None = None
    min_stars: int | None = None
    documents: frozenset[str] | None = None
    answered: bool | None = None

    def mask(self, columns: Columns) -> Mask:
        """Say of each indexed chunk whether it, or an equal one that is indexed with it, may be found; (n,) bool."""
        allowed = np.ones(len(columns.rows), np.bool_)
        if self.sections is not None:
            allowed &= np.isin(columns.sections, sorted(self.sections))
        if self.min_stars is not None:
            allowed &= columns.stars >= self.min_stars
        if self.documents is not None:
            allowed &= columns.within(self.documents)
        if self.answered is not None:
            allowed &= columns.answered == self.answered
        return columns.indexes(allowed)

    def allows(self, chunk: Chunk) -> bool:
        return (
            (self.sections is None or chunk.section in self.sections)
            and (self.min_stars is None or (chunk.stars or 0) >= self.min_stars)
            and (self.documents is None or chunk.document in self.documents)
            and (self.answered is None or (chunk.kind == "text") == self.answered)
        )
