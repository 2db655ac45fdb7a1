"""The seam behind which places elsewhere stand that documents come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.read.reading import Skipped

Tell = Callable[[int, int], None]  # files so far, and how many are known of


class FetchError(Exception):
    """Nothing can be had from a source; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A source as someone has named it: `options` are what its kind knows, `address` among them."""

    kind: str
    options: Mapping[str, object]

    @property
    def address(self) -> str:
        return str(self.options.get("address", self.kind))


class DocumentSource(Protocol):
    """A place elsewhere: a site, a repository, a wiki.

    A package offers one by an entry point of the group `outline_qa.sources`: a function of a Remote's options and of
    the settings that hold for all (`SourceSettings`), which raises ValueError for options that it does not know.
    """

    def fetch(self, folder: Path, tell: Tell) -> Sequence[Skipped]:
        """Write what there is, as files with names of known formats, below an empty folder; return what was left out.

        Raises FetchError where nothing can be had, so that what was fetched before stays.
        """
        ...
