"""Other entries worth reading beside an answer."""

from collections.abc import Sequence

from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.search.passages import Passage
from service.search.retrieve import Candidate
from service.search.scale import Scale, distances

MOST = 4


def related(
    snapshot: Snapshot, scale: Scale, candidates: Sequence[Candidate], drawn: Sequence[Passage] = ()
) -> tuple[Entry, ...]:
    """Return the entries of candidates that nothing was drawn from, best first, answered ones before the others."""
    used = {(passage.document, passage.entry_id) for passage in drawn}
    candidates = [c for c in candidates if (c.chunk.document, c.chunk.entry_id) not in used]
    margins = scale.margins(candidates)
    placed = zip(candidates, distances(margins, candidates), strict=True)
    near = [c for c, behind in placed if behind <= margins.related]
    entries = [snapshot.entry(c.chunk.document, c.chunk.entry_id) for c in near if c.chunk.entry_id]
    return tuple(sorted(entries[: 3 * MOST], key=lambda entry: not entry.answered)[:MOST])
