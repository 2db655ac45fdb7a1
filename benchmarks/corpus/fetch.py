"""Documentation of packages: the pinned archive from its registry, checked, and its Markdown files unpacked.

`sources.toml` names package, version, checksum, licence and the folders within the archive.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import TypeAdapter

SOURCES = Path(__file__).with_name("sources.toml")


class FetchError(Exception):
    """An archive that could not be had, or is not the pinned one."""


@dataclass(frozen=True)
class Source:
    """An archive: a source distribution from `pypi` or a package from `npm`.

    Its files below `folders` with one of the suffixes are the documents, named without the archive's topmost folder;
    `without` are parts of names that are left out, such as translations.
    """

    registry: Literal["pypi", "npm"]
    package: str
    version: str
    sha256: str
    licence: str
    folders: tuple[str, ...]
    suffixes: tuple[str, ...] = (".md",)
    without: tuple[str, ...] = ()


def read() -> dict[str, Source]:
    """Read the sources by the name of their set."""
    return TypeAdapter(dict[str, Source]).validate_python(tomllib.loads(SOURCES.read_text("utf-8")))


def fetch(source: Source, folder: Path) -> None:
    """Download and unpack the documents, unless `folder` is there; raises FetchError."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        archive = download(source, Path(temporary))
        sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
        if sha256 != source.sha256:
            raise FetchError(f"{archive.name} has SHA-256 {sha256}, not the pinned {source.sha256}")
        documents = Path(temporary) / "documents"
        unpack(source, archive, documents)
        documents.rename(folder)


def download(source: Source, folder: Path) -> Path:
    name, version = source.package, source.version
    if source.registry == "npm":
        command = ["npm", "pack", "--silent", f"{name}@{version}"]
    else:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command = [*pip, "--no-binary", name, f"{name}=={version}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    archives = [*folder.glob("*.tgz"), *folder.glob("*.tar.gz")]
    if done.returncode or len(archives) != 1:
        raise FetchError(f"{' '.join(command[-4:])} gave no archive: {done.stderr.strip()[-300:]}")
    return archives[0]


def unpack(source: Source, archive: Path, folder: Path) -> None:
    """Write the documents of an archive below `folder`."""
    with tarfile.open(archive) as tar:
        for member in tar:
            name = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            if member.isfile() and wanted(source, name):
                content = tar.extractfile(member)
                assert content is not None  # a file has some
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
    if not folder.is_dir():
        raise FetchError(f"{archive.name} holds no documents")


def wanted(source: Source, name: PurePosixPath) -> bool:
    inside = any(name.is_relative_to(folder) for folder in source.folders)
    safe = ".." not in name.parts
    return safe and inside and name.suffix in source.suffixes and not any(part in str(name) for part in source.without)
