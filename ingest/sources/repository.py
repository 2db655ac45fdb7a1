"""A git repository: the files of one ref, without a checkout, so that nothing of it is run."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from ingest.read.kinds import SUFFIXES
from ingest.read.reading import Skipped
from ingest.settings import Settings, SourceSettings
from ingest.sources.source import FetchError, Tell
from ingest.sources.web.connection import ForbiddenAddressError, public_addresses

PORTS = {"https": 443, "http": 80, "ssh": 22}
# What a repository or a machine's settings could have git do.
HARMLESS = (
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "protocol.allow=never",
    "-c",
    "http.followRedirects=false",
    "-c",
    "credential.interactive=false",
)


class RepositoryOptions(Settings):
    """One repository in a list; `paths` are files and folders in it, all of it without."""

    address: str
    ref: str = "HEAD"
    paths: list[str] = Field([], max_length=100)
    private: bool

    @field_validator("ref", "address")
    @classmethod
    def _is_no_option(cls, value: str) -> str:
        if value.startswith("-") or any(char.isspace() for char in value):
            raise ValueError(f"{value!r} is no name that git knows")
        return value

    @field_validator("address")
    @classmethod
    def _is_known(cls, address: str) -> str:
        if urlsplit(address).scheme not in (*PORTS, "file"):
            raise ValueError(f"{address!r} is no repository; write https://…, ssh://… or file:///…")
        return address


def git(options: Mapping[str, object], settings: SourceSettings) -> Repository:
    """Make a repository of what a list or an address says; raises ValidationError."""
    return Repository(RepositoryOptions.model_validate({"private": settings.private, **options}), settings)


@dataclass(frozen=True, slots=True)
class Repository:
    """Takes one commit, and of it the files that can be read."""

    options: RepositoryOptions
    settings: SourceSettings

    def fetch(self, folder: Path, tell: Tell) -> Sequence[Skipped]:
        """Write the files of the ref; raises FetchError."""
        address = self.options.address
        with tempfile.TemporaryDirectory(prefix=".git-", dir=folder.parent) as place:
            self._run(Path(place), "init", "--quiet", "--bare")
            self._run(
                Path(place),
                *self._network(),
                "fetch",
                "--quiet",
                "--depth=1",
                "--no-tags",
                "--no-recurse-submodules",
                address,
                self.options.ref,
            )
            archive = Path(place) / "files.tar"
            self._run(Path(place), "archive", "--output", str(archive), "FETCH_HEAD", "--", *self.options.paths)
            return self._written(archive, folder / _name(address), tell)

    def _network(self) -> list[str]:
        """Allow the one protocol, and for HTTP the one address that was looked at."""
        parts = urlsplit(self.options.address)
        allowed = ["-c", f"protocol.{parts.scheme}.allow=always"]
        if parts.scheme == "file":
            return allowed
        port = parts.port or PORTS[parts.scheme]
        try:
            found = public_addresses(parts.hostname or "", port, self.options.private)
        except (ForbiddenAddressError, OSError) as error:
            raise FetchError(f"{self.options.address!r} cannot be reached: {error}") from error
        pinned = ["-c", f"http.curloptResolve={parts.hostname}:{port}:{','.join(found)}"]
        return allowed + (pinned if parts.scheme != "ssh" else [])

    def _run(self, place: Path, *command: str) -> None:
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(Path.home()),  # its keys and credentials
            "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
        }
        try:
            subprocess.run(
                ["git", *HARMLESS, *command],
                cwd=place,
                env=environment,
                check=True,
                capture_output=True,
                timeout=self.settings.seconds,
            )
        except FileNotFoundError as error:
            raise FetchError("git is not installed, and a repository needs it") from error
        except subprocess.TimeoutExpired as error:
            raise FetchError(f"{self.options.address!r} takes longer than {self.settings.seconds:g} s") from error
        except subprocess.CalledProcessError as error:
            told = error.stderr.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
            raise FetchError(f"{self.options.address!r}, {self.options.ref}: {told[-1]}") from error

    def _written(self, archive: Path, folder: Path, tell: Tell) -> Sequence[Skipped]:
        skipped: list[Skipped] = []
        spent = count = 0
        with tarfile.open(archive) as files:
            for member in files:
                path = PurePosixPath(member.name)
                if not member.isfile() or path.suffix.lower() not in SUFFIXES:
                    continue  # code and links: a repository is full of them
                if any(step.startswith(".") for step in path.parts):
                    continue
                spent += member.size
                if spent > self.settings.mb << 20:
                    skipped.append(Skipped(str(path), f"beyond the limit of {self.settings.mb:,} MB; raise sources.mb"))
                    break
                source = files.extractfile(member)
                if source is None:
                    continue
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(source.read())
                count += 1
                tell(count, count)
        if not count:
            raise FetchError(f"{self.options.address!r}, {self.options.ref}: no file of a known format in it")
        return skipped


def _name(address: str) -> str:
    return PurePosixPath(urlsplit(address).path).name.removesuffix(".git") or "repository"
