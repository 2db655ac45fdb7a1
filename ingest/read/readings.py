"""What parsing gave, kept by the bytes of the file: a build parses only files that it has not seen."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from ingest.memo import Memo
from ingest.read.content import Parser
from ingest.read.reading import Limits, Reading


class Readings:
    """A parser that asks another one once for each file."""

    def __init__(self, parser: Parser, memo: Memo) -> None:
        self._parser, self._memo = parser, memo

    @property
    def limits(self) -> Limits:
        return self._parser.limits

    def read(self, kind: str, raw: bytes, name: str) -> Reading:
        about = (kind, PurePosixPath(name).suffix, self.limits.fingerprint, hashlib.sha256(raw).hexdigest())
        return self._memo.value(
            ("read", *about), lambda: self._parser.read(kind, raw, name), Reading.to_json, Reading.from_json
        )
