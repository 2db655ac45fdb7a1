"""What is looked up in an index, as arrays that a build writes: passages by id and text, groups by key, headings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.index.columns import Columns, Mask
from ingest.index.keys import Keys
from ingest.index.records import mapped_array
from ingest.words.text import normalise

ENDS = " \t\n.,!?;:。，！？；：、~～…"  # what a text may begin or end with and say the same
_KEYS = ("ids", "texts", "keys", "aliased", "headings")


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """Numbers of the chunks of an index, (n,), and of its groups.

    `order` has the chunks by group, those of group i from bounds[i] to bounds[i + 1]. `aliased` has the id that each
    equal chunk is indexed under, in their order, `headings` what passages stand under, folded.
    """

    ids: Keys
    texts: Keys
    keys: Keys  # of groups
    aliased: Keys
    headings: Keys
    groups: NDArray[np.int32]  # of each chunk
    order: NDArray[np.int32]
    bounds: NDArray[np.int64]  # (groups + 1,)
    columns: Columns

    @classmethod
    def of(cls, chunks: Sequence[Chunk], aliases: Mapping[str, Sequence[Chunk]]) -> Self:
        """Enter the passages of an index that is being made."""
        keys: dict[tuple[str, ...], int] = {}
        groups = np.fromiter((keys.setdefault(chunk.group, len(keys)) for chunk in chunks), np.int32, len(chunks))
        headings = dict.fromkeys(heading for chunk in chunks for heading in chunk.heading_path)
        return cls(
            ids=Keys.of(chunk.id for chunk in chunks),
            texts=Keys.of(chunk.text for chunk in chunks),
            keys=Keys.of(map(joined, keys)),
            aliased=Keys.of(of for of, same in aliases.items() for _ in same),
            headings=Keys.of(dict.fromkeys(map(folded, headings))),
            groups=groups,
            order=np.argsort(groups, kind="stable").astype(np.int32),
            bounds=np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(groups), dtype=np.int64)]),
            columns=Columns.of(chunks, aliases),
        )

    def members(self, group: int) -> list[int]:
        """Return the chunks of a group, ascending."""
        found: list[int] = self.order[self.bounds[group] : self.bounds[group + 1]].tolist()
        return found

    def grouped(self, allowed: Mask) -> Mask:
        """Say of each group whether a chunk of it is allowed, (groups,)."""
        found = np.zeros(len(self.bounds) - 1, np.bool_)
        found[self.groups[allowed]] = True
        return found

    def save(self, folder: Path) -> None:
        """Write into a new folder."""
        folder.mkdir()
        for name in _KEYS:
            getattr(self, name).save(folder / f"{name}.npy")
        for name in ("groups", "order", "bounds"):
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        self.columns.save(folder / "columns")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map the files; raises OSError, and ValueError where one is not what it should be."""
        groups, order = (mapped_array(folder / f"{name}.npy", np.int32) for name in ("groups", "order"))
        keys = {name: Keys.load(folder / f"{name}.npy") for name in _KEYS}
        bounds = mapped_array(folder / "bounds.npy", np.int64)
        columns = Columns.load(folder / "columns", len(groups))
        loaded = cls(**keys, groups=groups, order=order, bounds=bounds, columns=columns)
        sizes = {len(loaded.ids), len(loaded.texts), len(groups), len(order), int(bounds[-1])}
        if len(sizes) > 1 or len(loaded.keys) != len(bounds) - 1:
            raise ValueError(f"what it looks up disagrees on how many passages there are: {sizes}")
        return loaded


def folded(text: str) -> str:
    """Return a text without what a heading and a question may differ in: width, case, script, marks around it."""
    return normalise(text).strip(ENDS)


def joined(key: Sequence[str]) -> str:
    """Return a group's key as one string."""
    return "\0".join(key)
