"""What a build asks of other processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from ingest.prepare import NamedFile, Recipe
from ingest.progress import Report

if TYPE_CHECKING:
    from ingest.models.encoder import Vectors


class Workers(Protocol):
    """Processes that can do what this one can. What they do not is left to this one, so a build has what it needs.

    `speeds` says of each stage how many passages or texts were made, and in how many seconds.
    """

    speeds: dict[str, tuple[int, float]]

    def prepare(self, files: Sequence[NamedFile], recipe: Recipe, progress: Report) -> None:
        """Have each file taken apart by `ingest.prepare.Preparer`: its memo is what a build finds."""
        ...

    def embed(self, shards: Sequence[Sequence[str]]) -> Iterator[Vectors | None]:
        """Yield the (n, d) float32 vectors of each shard's texts, in order; None for one that nobody could embed."""
        ...
