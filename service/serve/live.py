"""The snapshot in use, replaced while requests run when a new one is published."""

import gc
import logging
from contextlib import suppress

from ingest.index.snapshot import Snapshot, SnapshotError
from ingest.index.versions import Versions
from ingest.pack import Packs

log = logging.getLogger(__name__)


class LiveIndex:
    """Opens the current version, and another one when it becomes current; requests keep the one they took.

    Where the current one cannot be opened at the start, the newest intact one serves, and `problem` says so. `outdated`
    is why the index could not be brought up to date.
    """

    def __init__(self, versions: Versions, embedder: str, packs: Packs) -> None:
        self._versions, self._embedder, self._packs = versions, embedder, packs
        self.snapshot: Snapshot | None = None
        self.problem: str | None = "the index is not loaded yet"
        self.outdated: str | None = None

    def refresh(self) -> None:
        """Open the current version if it is not the one in use; on failure the old one stays.

        What failed is tried again each time: a repaired version has the name of the damaged one.
        """
        try:
            version = self._versions.current()
            if self.snapshot and version == self.snapshot.manifest.version:
                self.problem = None
                return
            opened = self._versions.open(self._embedder, version, self._packs)
        except (SnapshotError, OSError, ValueError) as error:
            if self.snapshot is None:
                self._open_older()
            problem = f"{error}; {self.snapshot.manifest.version} serves instead" if self.snapshot else str(error)
            if self.problem != problem:
                log.error("index not loaded: %s", problem)
            self.problem = problem
        else:
            self.problem = None
            self._take(opened)

    def _open_older(self) -> None:
        """Take the newest version that can be opened, if any can."""
        for manifest in reversed(self._versions.manifests()):
            with suppress(SnapshotError, OSError, ValueError):
                self._take(self._versions.open(self._embedder, manifest.version, self._packs))
                return

    def _take(self, opened: Snapshot) -> None:
        self.snapshot = opened
        # A full collection would visit all of the index, for 400 ms in which nothing else runs.
        gc.collect()
        gc.freeze()
        log.info("index %s: %s", opened.manifest.version, dict(opened.manifest.counts))
