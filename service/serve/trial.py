"""A candidate beside what serves, a version of the index or a writer: for some who ask, or only to be compared."""

import hashlib
import logging
import random

from ingest.index.snapshot import Snapshot, SnapshotError
from ingest.index.versions import Versions
from ingest.pack import Packs
from service.serve.candidacy import Candidacy, State

log = logging.getLogger(__name__)
WHOLE = 1 << 32


class Trial:
    """Opens the candidate while there is one; `share` of those who ask get it, `shadow` of the answers are compared.

    With both 0 it tries nothing. A candidate that cannot be opened is not tried, and `problem` says why. Where both a
    version and a writer are candidates they are tried together.
    """

    def __init__(
        self,
        versions: Versions,
        embedder: str,
        packs: Packs,
        share: float,
        shadow: float,
        candidacy: Candidacy | None = None,
    ) -> None:
        self._versions, self._embedder, self._packs = versions, embedder, packs
        self._share, self._shadow, self._candidacy = share, shadow, candidacy
        self._state: State = "withdrawn"
        self.snapshot: Snapshot | None = None
        self.problem: str | None = None

    @property
    def promoted(self) -> bool:
        """Whether the candidate to write does so for everybody."""
        return self._state == "promoted"

    @property
    def writes(self) -> bool:
        """Whether there is a candidate to write that is tried."""
        return self._state == "tried" and bool(self._share or self._shadow)

    @property
    def name(self) -> str | None:
        """Return what tells a candidate from another, None while nothing is tried."""
        parts = [self.snapshot.manifest.version] if self.snapshot else []
        parts += [self._candidacy.name] if self._candidacy and self.writes else []
        return " ".join(parts) or None

    def refresh(self) -> None:
        """Look for the candidates as they are now."""
        self._look_at_writer()
        self._open()

    def _look_at_writer(self) -> None:
        if self._candidacy is None:
            return
        try:
            state = self._candidacy.state
        except OSError as error:  # what was known stays
            log.error("what has become of the candidate to write cannot be read: %s", error)
            return
        if state != self._state:
            log.info("candidate to write %s: %s", self._candidacy.name, state)
        self._state = state

    def _open(self) -> None:
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
        name = self.name
        if name is None:
            return False
        digest = hashlib.sha256(f"{name} {who}".encode()).digest()
        return int.from_bytes(digest[:4]) < self._share * WHOLE

    def compares(self) -> bool:
        """Whether an answer is to be compared with the candidate's; drawn anew each time."""
        return self.name is not None and random.random() < self._shadow
