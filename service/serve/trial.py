"""A candidate version beside the current one: for some who ask, or only to be compared."""

import hashlib
import logging
import random

from ingest.index.snapshot import Snapshot, SnapshotError
from ingest.index.versions import Versions
from ingest.pack import Packs

log = logging.getLogger(__name__)
WHOLE = 1 << 32


class Trial:
    """Opens the candidate while there is one; `share` of those who ask get it, `shadow` of the answers are compared.

    With both 0 it opens nothing. A candidate that cannot be opened is not tried, and `problem` says why.
    """

    def __init__(self, versions: Versions, embedder: str, packs: Packs, share: float, shadow: float) -> None:
        self._versions, self._embedder, self._packs = versions, embedder, packs
        self._share, self._shadow = share, shadow
        self.snapshot: Snapshot | None = None
        self.problem: str | None = None

    def refresh(self) -> None:
        """Open the candidate where it is another than before and than the current version."""
        version = self._versions.candidate() if self._share or self._shadow else None
        if version is None or version == self._versions.current():
            self.snapshot = self.problem = None
            return
        if self.snapshot and self.snapshot.manifest.version == version:
            return
        try:
            self.snapshot, self.problem = self._versions.open(self._embedder, version, self._packs), None
            log.info("candidate %s: %s", version, dict(self.snapshot.manifest.counts))
        except (SnapshotError, OSError, ValueError) as error:
            if self.problem != str(error):
                log.error("the candidate is not tried: %s", error)
            self.snapshot, self.problem = None, str(error)

    def takes(self, who: str) -> bool:
        """Whether somebody gets the candidate: always the same ones, others for another candidate."""
        if self.snapshot is None:
            return False
        digest = hashlib.sha256(f"{self.snapshot.manifest.version} {who}".encode()).digest()
        return int.from_bytes(digest[:4]) < self._share * WHOLE

    def compares(self) -> bool:
        """Whether an answer is to be compared with the candidate's; drawn anew each time."""
        return self.snapshot is not None and random.random() < self._shadow
