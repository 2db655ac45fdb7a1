"""Other entries worth reading beside an answer."""

from collections.abc import Sequence

from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.search.passages import Passage
from service.search.retrieve import Candidate

MOST = 4
NEAR = 6.0  # in score, of an entry worth naming beside the next best


def related(snapshot: Snapshot, candidates: Sequence[Candidate], drawn: Sequence[Passage] = ()) -> tuple[Entry, ...]:
    """Return the entries of candidates that nothing was drawn from, best first, answered ones before the others."""
    used = {(passage.document, passage.entry_id) for passage in drawn}
    candidates = [c for c in candidates if (c.chunk.document, c.chunk.entry_id) not in used]
    near = [c for c in candidates if c.score >= candidates[0].score - NEAR]
    entries = [snapshot.entry(c.chunk.document, c.chunk.entry_id) for c in near if c.chunk.entry_id]
    return tuple(sorted(entries[: 3 * MOST], key=lambda entry: not entry.answered)[:MOST])
