"""The unit that results are counted by: an entry with its passages, or a passage outside of entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.chunk import Chunk


@dataclass(frozen=True, slots=True)
class Group:
    """An entry with its passages, or a passage outside of entries."""

    key: tuple[str, ...]
    title: str
    rows: tuple[int, ...]  # its chunks

    @classmethod
    def of(cls, first: Chunk, rows: Sequence[int]) -> "Group":
        """Make the group of a chunk, which is the first of those in `rows`."""
        path = first.heading_path[:2] if first.entry_id else first.headings
        return cls(first.group, " > ".join(path) or first.indexed, tuple(rows))


def groups(chunks: Sequence[Chunk]) -> tuple[Group, ...]:
    """Group chunks by entry, in order of first appearance; outside of entries each stands for itself."""
    rows: dict[tuple[str, ...], list[int]] = {}
    for row, chunk in enumerate(chunks):
        rows.setdefault(chunk.group, []).append(row)
    return tuple(Group.of(chunks[members[0]], members) for members in rows.values())
