"""What documents say of themselves in their front matter, as columns: when they are from and what they are about."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingest.index.keys import Keys
from ingest.index.records import mapped_array
from ingest.parse.front_matter import metadata_of

UNDATED = 0  # no day is


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """The documents of an index by name, their days as ordinals, and each tag of each, with its document's number."""

    names: Sequence[str]
    days: NDArray[np.int32]  # (documents,)
    tags: Keys
    tagged: NDArray[np.int32]  # (tags,)

    @classmethod
    def of(cls, documents: Mapping[str, str]) -> Self:
        """Read the front matter of the documents of an index that is being made."""
        told = [metadata_of(text) for text in documents.values()]
        tags = [(tag, number) for number, each in enumerate(told) for tag in sorted(each.tags)]
        return cls(
            tuple(documents),
            np.array([each.date.toordinal() if each.date else UNDATED for each in told], np.int32),
            Keys.of(tag for tag, _ in tags),
            np.array([number for _, number in tags], np.int32),
        )

    def within(
        self, tags: Collection[str] | None, since: datetime.date | None, until: datetime.date | None
    ) -> frozenset[str]:
        """Return the names of documents with one of some tags at least, and of a day between two; None asks nothing."""
        fitting = np.ones(len(self.days), np.bool_)
        if tags is not None:
            own = [number for tag in tags for number in self.tags.numbers(tag.strip().casefold())]
            fitting = np.zeros_like(fitting)
            fitting[self.tagged[own]] = True
        if since or until:
            fitting &= self.days != UNDATED
            fitting &= self.days >= (since.toordinal() if since else UNDATED)
            fitting &= self.days <= (until or datetime.date.max).toordinal()
        return frozenset(self.names[number] for number in np.flatnonzero(fitting).tolist())

    def save(self, folder: Path) -> None:
        """Write into a new folder; the names are the documents'."""
        folder.mkdir()
        np.save(folder / "days.npy", self.days, allow_pickle=False)
        np.save(folder / "tagged.npy", self.tagged, allow_pickle=False)
        self.tags.save(folder / "tags.npy")

    @classmethod
    def load(cls, folder: Path, names: Sequence[str]) -> Self:
        """Map the files; raises OSError, and ValueError where one is not what it should be."""
        days, tagged = (mapped_array(folder / f"{name}.npy", np.int32) for name in ("days", "tagged"))
        loaded = cls(names, days, Keys.load(folder / "tags.npy"), tagged)
        if len(days) != len(names) or len(tagged) != len(loaded.tags):
            raise ValueError("what documents tell of themselves and their names disagree")
        return loaded
