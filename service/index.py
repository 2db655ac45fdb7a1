"""The snapshot in use, replaced while requests run when a new one is published."""

import logging

from ingest.snapshot import Snapshot, SnapshotError
from ingest.versions import Versions

log = logging.getLogger(__name__)


class LiveIndex:
    """Opens the current version, and another one when it becomes current; requests keep the one they took."""

    def __init__(self, versions: Versions, embedder: str) -> None:
        self._versions, self._embedder = versions, embedder
        self._tried: str | None = None
        self.snapshot: Snapshot | None = None
        self.problem: str | None = "the index is not loaded yet"

    def refresh(self) -> None:
        """Open the current version if it is not the one in use; on failure the old one stays."""
        version = self._versions.current()
        if version == self._tried and version is not None:
            return
        try:
            opened = self._versions.open(self._embedder)
        except SnapshotError as error:
            if self.problem != str(error):
                log.error("index not loaded: %s", error)
            self.problem = str(error)
        else:
            self.snapshot, self.problem = opened, None
            log.info("index %s: %s", opened.manifest.version, dict(opened.manifest.counts))
        self._tried = version
