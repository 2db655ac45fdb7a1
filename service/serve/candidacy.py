"""What has become of a candidate to write: one file beside the index, which replicas share."""

import time
from pathlib import Path
from typing import Literal, get_args

from ingest.index.pointer import write_pointer

FILE = "writer"
State = Literal["tried", "promoted", "withdrawn"]


class CandidacyError(Exception):
    """What cannot be done to a candidate; the text says why."""


class Candidacy:
    """The state of one candidate: it is tried until it is promoted or withdrawn; another one begins anew.

    Promoted it writes for everybody in place of the writer that is set; withdrawn it writes for nobody.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.name, self._file = name, root / FILE

    @property
    def state(self) -> State:
        """Return it as the file has it now; raises OSError for one that cannot be read."""
        try:
            state, name = self._file.read_text("utf-8", "replace").split()
        except (FileNotFoundError, ValueError):
            return "tried"
        return next((known for known in get_args(State) if name == self.name and state == known), "tried")

    def begin(self) -> None:
        """Have it be tried, from the beginning or again."""
        self._write("tried")

    def promote(self) -> None:
        """Have it write for everybody."""
        self._write("promoted")

    def withdraw(self) -> None:
        """Have it write for nobody."""
        self._write("withdrawn")

    def demote(self, seconds: float) -> None:
        """Withdraw it after a promotion that is no older; raises CandidacyError."""
        if self.state != "promoted":
            raise CandidacyError(f"{self.name} was not promoted; there is nothing to take back")
        age = time.time() - self._file.stat().st_mtime
        if age > seconds:
            raise CandidacyError(f"{self.name} was promoted {age / 3600:.0f} hours ago; withdraw it to go back")
        self._write("withdrawn")

    def _write(self, state: State) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_pointer(self._file, f"{state} {self.name}")
