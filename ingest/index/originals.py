"""Files that documents were read from, as they are: kept once beside the versions of an index, by the hash of them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

FOLDER = "originals"


@dataclass(frozen=True, slots=True)
class Originals:
    """`root/originals/SHA256` are the bytes with that hash."""

    root: Path

    @property
    def _folder(self) -> Path:
        return self.root / FOLDER

    def path(self, digest: str) -> Path | None:
        """Return where the file with a hash lies, None where it is not kept."""
        path = self._folder / digest
        return path if path.is_file() else None

    def keep(self, raw: bytes) -> None:
        """Keep a file; one that is there already stays."""
        digest = hashlib.sha256(raw).hexdigest()
        if self.path(digest):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as file:
            file.write(raw)
        written = Path(file.name)
        written.chmod(0o644)  # the service may run as another user
        written.replace(self._folder / digest)

    def tidy(self, used: Collection[str]) -> None:
        """Delete all but the files with these hashes."""
        for path in self._folder.glob("*"):
            if path.name not in used:
                path.unlink(missing_ok=True)
