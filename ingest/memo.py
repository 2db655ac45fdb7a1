"""What was made of a file or a text, kept from one build to the next: what has not changed is not made again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import get_ident
from typing import Any, TypeVar

Made = TypeVar("Made")


class Memo:
    """Values by what they were made of, each a file of a folder; without a folder nothing is kept.

    `anew` makes all of them again. So does another version of this program.
    """

    def __init__(self, folder: Path | None = None, anew: bool = False) -> None:
        self._folder, self._anew = folder, anew
        self._used: set[str] = set()

    def value(
        self,
        about: Sequence[str],
        make: Callable[[], Made],
        to_json: Callable[[Made], Any],
        from_json: Callable[[Any], Made],
    ) -> Made:
        """Return what `make` gives; `about` names everything that can change it."""
        if self._folder is None:
            return make()
        path = self._folder / self._name(about)
        if not self._anew:
            try:
                digest, _, body = path.read_bytes().partition(b"\n")
                if digest == _digest(body):
                    return from_json(json.loads(body))
            except OSError:
                pass  # made for the first time
        made = make()
        body = json.dumps(to_json(made), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        self._folder.mkdir(parents=True, exist_ok=True)
        written = path.with_suffix(f".{os.getpid()}.{get_ident()}.new")  # others may make the same
        written.write_bytes(_digest(body) + b"\n" + body)
        written.replace(path)
        return made

    def path(self, about: Sequence[str]) -> Path | None:
        """Return where something is kept that its owner reads and writes by itself; None where nothing is."""
        if self._folder is None:
            return None
        path = self._folder / self._name(about)
        if self._anew:
            path.unlink(missing_ok=True)
        return path

    def _name(self, about: Sequence[str]) -> str:
        name = hashlib.sha256("\0".join((_program(), *about)).encode()).hexdigest()
        self._used.add(name)
        return name

    def tidy(self) -> None:
        """Delete what was not asked for."""
        for path in self._folder.glob("*") if self._folder else ():
            if path.name not in self._used:
                path.unlink(missing_ok=True)


def _digest(body: bytes) -> bytes:
    """A checksum: a file that was cut short by a kill, or changed on disk, is made again."""
    return hashlib.sha256(body).hexdigest().encode()


@lru_cache(1)
def _program() -> str:
    """The hash of this package's code, which makes what is kept."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
