"""Small files beside the versions of an index, each of which says in one line what holds now."""

import os
import tempfile
from pathlib import Path

from ingest.index.snapshot import sync

PARTIAL = ".current-"  # begins the name of one that is being written; the next build clears what a killed one left


def write_pointer(path: Path, text: str) -> None:
    """Replace a pointer by one atomic rename, so that a reader sees the old line or the new one; raises OSError."""
    handle, name = tempfile.mkstemp(prefix=PARTIAL, dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fchmod(handle, 0o644)
        os.fsync(handle)
    Path(name).replace(path)
    sync(path.parent)
