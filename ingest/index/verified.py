"""Which files of an index were compared with their checksums on this machine, so that it is done once for each."""

import json
import platform
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

TICK = 50_000_000  # nanoseconds, in which a file may change twice and its times once
_MACHINE = ("/etc/machine-id", "/proc/sys/kernel/random/boot_id")  # the second in containers, until the next start


@dataclass(frozen=True, slots=True)
class Verified:
    """A small file that tells device, inode, size and times of the files of an index as they were found intact.

    Where it cannot be written, files are verified each time.
    """

    path: Path

    @classmethod
    def of(cls, folder: Path, version: str) -> "Verified":
        """Return this machine's file for a version; several machines may see one folder."""
        return cls(folder / f"{version}-{sha256(_machine().encode()).hexdigest()[:8]}")

    def holds(self, folder: Path, names: Collection[str]) -> bool:
        """Whether these files of a folder were found intact, and none was touched since."""
        try:
            stamps = _stamps(folder, names)
            return len(stamps) == len(names) and bool(json.loads(self.path.read_text("utf-8")) == stamps)
        except (OSError, ValueError):
            return False

    @contextmanager
    def noting(self, folder: Path, names: Iterable[str]) -> Iterator[None]:
        """Note files as intact once they were looked through, unless something raises or one has only just changed."""
        began, stamps = time.time_ns(), _stamps(folder, names)
        yield
        if all(max(times) + TICK < began for _, _, _, *times in stamps.values()):
            with suppress(OSError):
                self.path.parent.mkdir(exist_ok=True)
                with tempfile.NamedTemporaryFile("w", dir=self.path.parent, prefix=".", delete=False) as file:
                    json.dump(stamps, file)
                Path(file.name).chmod(0o644)  # the service may run as another user
                Path(file.name).replace(self.path)


def _stamps(folder: Path, names: Iterable[str]) -> dict[str, list[int]]:
    stamps: dict[str, list[int]] = {}
    for name in names:
        with suppress(OSError):  # one that is missing has none
            found = (folder / name).stat()
            stamps[name] = [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
    return stamps


def _machine() -> str:
    for path in _MACHINE:
        with suppress(OSError):
            if name := Path(path).read_text("utf-8").strip():
                return name
    return platform.node()
