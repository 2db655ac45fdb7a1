"""The versions of the index under one folder, and the pointer to the current one."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.index import snapshot
from ingest.index.snapshot import Manifest, Snapshot, SnapshotError
from ingest.pack import Packs

POINTER = "current"
BUILDING = ".building-"


class BusyError(SnapshotError):
    """Another build is running."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Snapshots by version under `root/versions`; the file `root/current` names the one in use."""

    root: Path

    def current(self) -> str | None:
        """Return the current version, None when nothing was built yet."""
        try:
            return (self.root / POINTER).read_text("utf-8", "replace").strip() or None
        except FileNotFoundError:
            return None

    def folder(self, version: str) -> Path:
        return self.root / "versions" / version

    def manifests(self) -> list[Manifest]:
        """Return the readable manifests, oldest first."""
        found = []
        for folder in sorted((self.root / "versions").glob("*")):
            try:
                found.append(snapshot.read_manifest(folder))
            except SnapshotError:
                continue  # `open` names what is wrong with it; here it is merely not a version
        return sorted(found, key=lambda manifest: manifest.created)

    def resolve(self, prefix: str) -> str:
        """Return the one version that begins with `prefix`; raises SnapshotError when none or several do."""
        names = [manifest.version for manifest in self.manifests()]
        matches = [name for name in names if prefix and name.startswith(prefix)]
        if len(matches) != 1:
            found = "matches no version" if not matches else f"matches {', '.join(matches)}"
            raise SnapshotError(f"{prefix!r} {found}; `python -m ingest versions` lists them: {', '.join(names)}")
        return matches[0]

    def open(self, embedder: str | None = None, version: str | None = None, packs: Packs | None = None) -> Snapshot:
        """Open and check the current snapshot, or the one named; raises SnapshotError."""
        version = version or self.current()
        if version is None:
            raise SnapshotError(f"no index under {str(self.root)!r}; run `python -m ingest build`")
        return snapshot.read(self.folder(version), embedder, packs)

    def publish(self, building: Path, manifest: Manifest) -> None:
        """Move a checked build to its place and make it current; an intact equal version is kept instead."""
        target = self.folder(manifest.version)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not self._intact(manifest.version):
            target.rename(Path(tempfile.mkdtemp(prefix=BUILDING, dir=self.root)) / "damaged")
        if not target.exists():
            building.chmod(0o755)  # the service may run as another user
            building.rename(target)
            snapshot.sync(target.parent)
        self.point(manifest.version)

    def _intact(self, version: str) -> bool:
        try:
            self.open(version=version)
        except SnapshotError:
            return False
        return True

    def point(self, version: str) -> None:
        """Make a version current: one atomic rename, so that a reader sees the old name or the new one."""
        handle, name = tempfile.mkstemp(prefix=f".{POINTER}-", dir=self.root)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(version + "\n")
            file.flush()
            os.fchmod(handle, 0o644)
            os.fsync(handle)
        Path(name).replace(self.root / POINTER)
        snapshot.sync(self.root)

    @contextmanager
    def building(self) -> Iterator[Path]:
        """Give an empty folder to build in, one build at a time; clear what a killed build left."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(f"another build is running under {str(self.root)!r}; wait for it") from error
            for leftover in [*self.root.glob(f"{BUILDING}*"), *self.root.glob(f".{POINTER}-*")]:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            folder = Path(tempfile.mkdtemp(prefix=BUILDING, dir=self.root))
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
