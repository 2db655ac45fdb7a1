"""What a build makes of each file by itself, made beforehand: it lies in the memo then, whoever made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.chunk import Chunker
from ingest.clean import CleanSteps, clean_sources
from ingest.cut import cut_documents
from ingest.memo import Memo
from ingest.pack import Packs
from ingest.read.files import listed, load
from ingest.read.reading import Limits
from ingest.read.readings import Readings
from ingest.read.sandboxes import Sandboxes
from ingest.read.walk import Item

NamedFile = tuple[Item, str]  # a file, and the name that its document has


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a build takes files apart; other processes can be told."""

    max_bytes: int
    limits: Limits
    steps: CleanSteps
    near: float | None
    packs: Packs
    made: Path
    anew: bool


class Preparer:
    """Reads, cleans and cuts one file after the other into the memo of a folder; `names` of all choose the pack."""

    def __init__(self, recipe: Recipe, names: Sequence[str], chunker: Chunker) -> None:
        self._recipe, self._chunker = recipe, chunker
        self._memo = Memo(recipe.made, recipe.anew)
        self._words = recipe.packs.choose(names).words
        self._readings = Readings(Sandboxes(recipe.limits, most=1), self._memo)

    def prepare(self, file: NamedFile) -> int:
        """Return how many passages a file has; raises UnfitError or OSError for one that cannot be read."""
        item, name = file
        recipe = self._recipe
        source = replace(load(item, recipe.max_bytes, self._readings), name=name)
        cleaned, _ = clean_sources([source], recipe.steps, memo=self._memo)
        once = recipe.steps.duplicates
        cut = cut_documents(cleaned, self._chunker, self._words, recipe.near, once, self._memo, lambda *_: None)
        return len(cut.chunks)


def files_of(paths: Sequence[Path], limits: Limits) -> list[NamedFile]:
    """Return the files that a build reads; those in archives are left to it.

    A file that cannot be read takes no name, so that one of the same name has another in the build, which then makes
    it itself. Raises OSError when a path as given cannot be read.
    """
    found = listed(paths, limits.unpacked_mb)
    return [(replace(item, path=item.path.absolute()), name) for item, name in found if item.archive is None]
