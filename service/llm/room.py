"""Refuse to start what the disk or the memory cannot hold."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.models.offline import ModelUnavailableError

if TYPE_CHECKING:
    from service.llm.parts import Pin

# .venv-llm, and what pip keeps beside it.
ENVIRONMENT_GB = 4
_GB = 1_000_000_000
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def check_disk(pin: Pin, folder: Path, environment: bool = False, free: int | None = None) -> None:
    """Raise ModelUnavailableError unless `folder`'s disk holds what making the model takes at its peak.

    `environment` says that .venv-llm is still to be made, on the same disk.
    """
    free = free_disk(folder) if free is None else free
    needed = pin.disk_gb + (ENVIRONMENT_GB if environment else 0)
    if free < needed * _GB:
        raise ModelUnavailableError(
            f"The model {pin.name!r} needs {needed} GB of disk under {str(folder)!r}, "
            f"which has {free / _GB:.1f} GB free: free some, or name another folder with --models"
        )


def check_memory(pin: Pin, free: int | None = None) -> None:
    """Raise ModelUnavailableError unless the memory to convert and to serve the model is available."""
    free = free_memory() if free is None else free
    if free < pin.memory_gb * _GB:
        raise ModelUnavailableError(
            f"The model {pin.name!r} needs {pin.memory_gb} GB of memory, and {free / _GB:.1f} GB are available: "
            "end other programs, take a smaller model with --name, or run the service without a model (make serve)"
        )


def free_disk(folder: Path) -> int:
    """Return the bytes free where `folder` is or will be."""
    return shutil.disk_usage(next(place for place in (folder, *folder.absolute().parents) if place.exists())).free


def free_memory(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int:
    """Return the bytes that can be had without swapping: the machine's, or the container's where that is less."""
    if not meminfo.is_file():  # not Linux
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    rows = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
    available = int(rows["MemAvailable"].split()[0]) * 1024
    limit, used = cgroup / "memory.max", cgroup / "memory.current"
    if limit.is_file() and used.is_file() and (most := limit.read_text().strip()) != "max":
        # File cache counts as used, though the kernel gives it back on demand.
        cache = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        return min(available, int(most) - int(used.read_text()) + int(cache["inactive_file"]))
    return available
