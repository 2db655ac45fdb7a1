"""The manifest of a version: what it was made from, what it holds, and the checksums of its files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 3
MANIFEST = "manifest.json"


class SnapshotError(Exception):
    """A snapshot that is missing, damaged or made for another model; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot was made from and what it holds; `version` is the hash of the inputs and the files."""

    version: str
    created: str
    inputs: str  # hash of the source files and settings: equal inputs need no new build
    sources: Mapping[str, str]  # file name -> sha256 of its bytes
    settings: Mapping[str, str]  # chunker, embedder, tokeniser, pack, cleaning
    counts: Mapping[str, int] = field(default_factory=dict)  # documents, entries, chunks ...
    files: Mapping[str, str] = field(default_factory=dict)  # file in the snapshot -> sha256
    fusion: Mapping[str, Any] = field(default_factory=dict)  # what serves these documents, with its figures
    originals: Mapping[str, str] = field(default_factory=dict)  # document -> sha256 of its file, where that is kept
    recall: Mapping[str, Any] = field(default_factory=dict)  # of the graphs that large indexes are searched through
    format: int = FORMAT


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest alone; raises SnapshotError when it is missing or of another format."""
    try:
        parts = json.loads((folder / MANIFEST).read_text("utf-8"))
        if parts["format"] != FORMAT:
            raise SnapshotError(
                f"index {folder.name!r} has format {parts['format']!r}, this program reads {FORMAT}; "
                "run `python -m ingest build`"
            )
        if parts["version"] != version_of(parts):
            raise ValueError(f"its content does not make version {parts['version']!r}")
        return Manifest(**parts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(
            f"index {folder.name!r} has no readable manifest ({error}); run `python -m ingest build`, "
            "or `python -m ingest rollback VERSION` for an earlier one"
        ) from error


def compare(folder: Path, manifest: Manifest) -> None:
    """Compare all files with their checksums; raises SnapshotError naming one that is missing or changed."""
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file() or checksum(path) != expected:
            state = "changed on disk" if path.is_file() else "missing"
            raise SnapshotError(
                f"index {folder.name!r} is damaged: {name!r} is {state}; run `python -m ingest build "
                "--force`, or `python -m ingest rollback VERSION` for an earlier one"
            )


def version_of(parts: Mapping[str, Any]) -> str:
    """Return the name of a version, from the fields of its manifest."""
    identity = {key: parts[key] for key in ("format", "inputs", "settings", "files", "fusion")}
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
