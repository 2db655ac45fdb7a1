"""Where versions are searched."""

from pathlib import Path
from typing import Protocol

from ingest.index.index import Index
from ingest.index.snapshot import Snapshot


class Backend(Protocol):
    """Makes snapshots searchable, one version beside the other, so that going back is the pointer's alone.

    Which version is current is said by `Versions`; a backend is never asked for another than the snapshot that is open.
    """

    def load(self, snapshot: Snapshot, folder: Path) -> None:
        """Put a snapshot in before it is published, unless it is there; `folder` is its own. Raises SnapshotError."""
        ...

    def open(self, snapshot: Snapshot, folder: Path) -> Index:
        """Search a snapshot that was loaded; raises SnapshotError."""
        ...
