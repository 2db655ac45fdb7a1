"""What parsing gave, kept by the bytes of the file: a build parses only files that it has not seen."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath

from ingest.read.content import Parser
from ingest.read.reading import Limits, Reading


class Readings:
    """A parser that asks another one once for each file; without a folder it keeps nothing."""

    def __init__(self, parser: Parser, folder: Path | None) -> None:
        self._parser, self._folder = parser, folder
        self._used: set[str] = set()

    @property
    def limits(self) -> Limits:
        return self._parser.limits

    def tidy(self) -> None:
        """Delete what was not asked for."""
        for path in self._folder.glob("*") if self._folder else ():
            if path.name not in self._used:
                path.unlink(missing_ok=True)

    def read(self, kind: str, raw: bytes, name: str) -> Reading:
        if self._folder is None:
            return self._parser.read(kind, raw, name)
        about = f"{kind}\0{PurePosixPath(name).suffix}\0{self.limits.fingerprint}\0"
        path = self._folder / f"{hashlib.sha256(about.encode() + raw).hexdigest()}.json"
        self._used.add(path.name)
        try:
            return Reading.from_json(json.loads(path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):  # not there, or cut short by a kill
            reading = self._parser.read(kind, raw, name)
        self._folder.mkdir(parents=True, exist_ok=True)
        written = path.with_suffix(".new")
        written.write_text(json.dumps(reading.to_json(), ensure_ascii=False), "utf-8")
        written.replace(path)
        return reading
