"""The folder of uploaded documents: a job makes the next one beside it, which takes its place once it is indexed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.indexing import UPLOADED
from ingest.read.walk import safe

NEXT, BEFORE, STAGED = "next", "before", "staged"
LONGEST = 200  # bytes of a step of a name
DEEPEST = 12  # folders


@dataclass(frozen=True, slots=True)
class Folder:
    """`root/uploads` are the documents, `root/staged/JOB` what came with a job."""

    root: Path

    @property
    def documents(self) -> Path:
        return self.root / UPLOADED

    def staged(self, job: str) -> Path:
        return self.root / STAGED / job

    def names(self) -> dict[str, int]:
        """Return the uploaded documents' names, each with its size in bytes."""
        found = (path for path in self.documents.rglob("*") if path.is_file())
        return {path.relative_to(self.documents).as_posix(): path.stat().st_size for path in found}

    def recover(self) -> None:
        """Finish, or undo, what a kill interrupted."""
        if not self.documents.exists() and (self.root / BEFORE).exists():
            (self.root / BEFORE).rename(self.documents)
        for name in (NEXT, BEFORE):
            shutil.rmtree(self.root / name, ignore_errors=True)

    def prepare(self, added: Mapping[str, Path], removed: Iterable[str]) -> Path:
        """Make the next folder: the documents but those `removed`, and over them those `added`, all by hard links."""
        self.recover()
        new = self.root / NEXT / UPLOADED  # documents are named after their folder where another has their name
        new.mkdir(parents=True)
        gone = {*removed, *added}
        for name in self.names():
            if name not in gone:
                _link(self.documents / name, new / name)
        for name, path in added.items():
            _link(path, new / name)
        return new

    def take(self, new: Path) -> None:
        """Have the next folder be the one of the documents."""
        before = self.root / BEFORE
        if self.documents.exists():
            self.documents.rename(before)
        new.rename(self.documents)
        shutil.rmtree(before, ignore_errors=True)

    def drop(self, job: str) -> None:
        """Delete what came with a job."""
        for folder in (self.root / STAGED).glob(f"{job}*"):
            shutil.rmtree(folder, ignore_errors=True)


def document_name(given: str) -> str:
    """Return the name of a document as it is kept; raises ValueError for one that leads elsewhere or is too long."""
    name = safe(given.strip())
    path = PurePosixPath(name)
    if not name or path.is_absolute() or any(step.startswith(".") for step in path.parts):
        raise ValueError(
            f"{given!r} is no name of a document: give a relative one without hidden steps, as hr/leave.pdf"
        )
    if len(path.parts) > DEEPEST or any(len(step.encode()) > LONGEST for step in path.parts):
        raise ValueError(f"{given[:60]!r}… is too long a name: {LONGEST} bytes a step, {DEEPEST} folders at most")
    return str(path)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
