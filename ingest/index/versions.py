"""The versions of the index under one folder, and the pointer to the current one."""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ingest.index import snapshot
from ingest.index.backend import Backend
from ingest.index.embedded import Embedded
from ingest.index.index import Index
from ingest.index.pointer import PARTIAL, write_pointer
from ingest.index.snapshot import Manifest, Snapshot, SnapshotError
from ingest.index.verified import Verified
from ingest.pack import Packs

POINTER = "current"
CANDIDATE = "candidate"
VERIFIED = "verified"  # a folder: what each machine has found intact
PREVIOUS = "previous"  # beside them: the version before the last promotion, and the one that was promoted
BUILDING = ".building-"


class BusyError(SnapshotError):
    """Another build is running."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Snapshots by version under `root/versions`; the file `root/current` names the one in use.

    `root/candidate` names one that is tried beside it; with that `pointer`, what is built becomes the candidate.
    `backend` is what searches them, one as the other: the pointer alone says which.
    """

    root: Path
    pointer: str = POINTER
    backend: Backend = field(default_factory=Embedded)

    def current(self) -> str | None:
        """Return the current version, None when nothing was built yet; before there is a candidate, it is that one."""
        return self._named(self.pointer) or self._named(POINTER)

    def candidate(self) -> str | None:
        """Return the version that is tried, None where none is."""
        return self._named(CANDIDATE)

    def _named(self, pointer: str) -> str | None:
        try:
            return (self.root / pointer).read_text("utf-8", "replace").strip() or None
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
        """Open the current snapshot, or the one named, checked once on each machine; raises SnapshotError.

        One that is opened to be asked, with an `embedder`, can be searched from then on.
        """
        version = version or self.current()
        if version is None:
            raise SnapshotError(f"no index under {str(self.root)!r}; run `python -m ingest build`")
        opened = snapshot.read(self.folder(version), embedder, packs, self.verified(version))
        if embedder is not None:
            self.backend.load(opened, self.folder(version))
        return opened

    def verified(self, version: str) -> Verified:
        """Return what tells whether the files of a version were compared with their checksums on this machine."""
        return Verified.of(self.root / VERIFIED, version)

    def index(self, opened: Snapshot) -> Index:
        """Search a snapshot that was opened, or a part of one, which is searched where it lies."""
        backend = self.backend if opened.manifest.files else Embedded()
        return backend.open(opened, self.folder(opened.manifest.version))

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
        for noted in (self.root / VERIFIED).glob("*-*"):
            if not self.folder(noted.name.partition("-")[0]).exists():
                noted.unlink(missing_ok=True)
        self.point(manifest.version)

    def _intact(self, version: str) -> bool:
        try:
            snapshot.read(self.folder(version))  # all of it, whatever was noted: a forced build repairs it
        except SnapshotError:
            return False
        return True

    def point(self, version: str) -> None:
        """Make a version current, or the candidate."""
        write_pointer(self.root / self.pointer, version)

    def promote(self) -> str:
        """Make the candidate current, and note what was before; raises SnapshotError."""
        version, before = self.candidate(), self._named(POINTER)
        if version is None:
            raise SnapshotError("there is no candidate; `python -m ingest build --candidate` makes one")
        self.open(version=version)
        if before and before != version:
            write_pointer(self.root / PREVIOUS, f"{before} {version}")
        write_pointer(self.root / POINTER, version)
        self.withdraw()
        return version

    def demote(self, seconds: float) -> str:
        """Go back to the version before a promotion that is no older, and return it; raises SnapshotError."""
        noted = (self._named(PREVIOUS) or "").split()
        if len(noted) != 2 or noted[1] != self._named(POINTER):
            raise SnapshotError("the current version was not promoted; name the VERSION to go back to")
        age = time.time() - (self.root / PREVIOUS).stat().st_mtime
        if age > seconds:
            raise SnapshotError(f"it was promoted {age / 3600:.0f} hours ago; name the VERSION to go back to")
        self.open(version=noted[0])
        write_pointer(self.root / POINTER, noted[0])
        (self.root / PREVIOUS).unlink(missing_ok=True)
        return noted[0]

    def withdraw(self) -> None:
        """Have no candidate any more; its version stays."""
        (self.root / CANDIDATE).unlink(missing_ok=True)

    @contextmanager
    def building(self) -> Iterator[Path]:
        """Give an empty folder to build in, one build at a time; clear what a killed build left."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(f"another build is running under {str(self.root)!r}; wait for it") from error
            for leftover in [*self.root.glob(f"{BUILDING}*"), *self.root.glob(f"{PARTIAL}*")]:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            folder = Path(tempfile.mkdtemp(prefix=BUILDING, dir=self.root))
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
