"""Documents, origins, equal passages and groups where they lie on disk, read as those in memory are."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, overload

import numpy as np
from cachetools import LRUCache

from ingest.chunk import Chunk
from ingest.index.grouping import Group
from ingest.index.keys import Keys
from ingest.index.records import Records, mapped_array, mapped_bytes, write_records
from ingest.index.register import Register
from ingest.read.origin import Origin

KEPT = 1 << 24  # characters of the documents that were read last
ORIGINS = 64  # of documents that were asked for last: one of a long PDF takes a megabyte


class MappedDocuments(Mapping[str, str]):
    """The texts of documents by name, in the order in which they were written. Threads share it."""

    def __init__(self, folder: Path) -> None:
        """Map what `write_documents` wrote; raises OSError, and ValueError where it disagrees with itself."""
        self._raw = mapped_bytes(folder / "texts")
        self.names = Records(folder / "names.jsonl", str)
        self._keys, self._ends = Keys.load(folder / "keys.npy"), mapped_array(folder / "ends.npy", np.int64)
        if self._ends[-1] != len(self._raw) or not len(self.names) == len(self._keys) == len(self._ends) - 1:
            raise ValueError("the texts of documents and their names disagree")
        self._kept: LRUCache[str, str] = LRUCache(KEPT, len)
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._number(name) is not None

    def __getitem__(self, name: str) -> str:
        with self._lock:
            known = self._kept.get(name)
        if known is not None:
            return known
        number = self._number(name)
        if number is None:
            raise KeyError(name)
        text = self._raw[self._ends[number] : self._ends[number + 1]].decode()
        if len(text) <= KEPT:
            with self._lock:
                self._kept[name] = text
        return text

    def _number(self, name: str) -> int | None:
        return next((number for number in self._keys.numbers(name) if self.names[number] == name), None)


def write_documents(folder: Path, documents: Mapping[str, str]) -> None:
    """Write documents into a new folder."""
    folder.mkdir()
    ends = [0]
    with (folder / "texts").open("wb") as file:
        for text in documents.values():
            ends.append(ends[-1] + file.write(text.encode()))
    write_records(folder / "names.jsonl", documents)
    np.save(folder / "ends.npy", np.array(ends, np.int64), allow_pickle=False)
    Keys.of(documents).save(folder / "keys.npy")


class MappedAliases(Mapping[str, tuple[Chunk, ...]]):
    """The equal passages that are indexed with others, by the ids of those."""

    def __init__(self, path: Path, ids: Keys) -> None:
        self._rows, self._ids = Records(path, _alias), ids
        if len(self._rows) != len(ids):
            raise ValueError(f"{len(self._rows)} equal passages are indexed under {len(ids)} ids")

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(of for of, _ in self._rows))

    def __getitem__(self, id: str) -> tuple[Chunk, ...]:
        rows = (self._rows[number] for number in self._ids.numbers(id))
        found = tuple(chunk for of, chunk in rows if of == id)
        if not found:
            raise KeyError(id)
        return found


class MappedOrigins(Mapping[str, Origin]):
    """Where the texts of documents stand in their files, by document."""

    def __init__(self, path: Path) -> None:
        self._rows, self._keys = Records(path, _origin, kept=ORIGINS), Keys.load(path.with_suffix(".keys.npy"))
        if len(self._rows) != len(self._keys):
            raise ValueError(f"{path.name} and its keys disagree")

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._rows)

    def __getitem__(self, name: str) -> Origin:
        rows = (self._rows[number] for number in self._keys.numbers(name))
        for own, origin in rows:
            if own == name:
                return origin
        raise KeyError(name)


def write_origins(path: Path, origins: Mapping[str, Origin]) -> None:
    """Write where documents stand in their files, one document a line."""
    write_records(path, ({"name": name, **origin.to_json()} for name, origin in origins.items()))
    Keys.of(origins).save(path.with_suffix(".keys.npy"))


def _origin(line: dict[str, Any]) -> tuple[str, Origin]:
    return str(line["name"]), Origin.from_json(line)


def write_aliases(path: Path, aliases: Mapping[str, Sequence[Chunk]]) -> None:
    """Write equal passages, one a line."""
    write_records(path, ({"of": of, **chunk.to_json()} for of, chunks in aliases.items() for chunk in chunks))


def _alias(line: dict[str, Any]) -> tuple[str, Chunk]:
    return str(line.pop("of")), Chunk.from_json(line)


class MappedGroups(Sequence[Group]):
    """The groups of chunks, made of these when they are asked for."""

    def __init__(self, chunks: Sequence[Chunk], register: Register) -> None:
        self._chunks, self._register = chunks, register

    def __len__(self) -> int:
        return len(self._register.keys)

    @overload
    def __getitem__(self, at: int) -> Group: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Group, ...]: ...
    def __getitem__(self, at: int | slice) -> Group | tuple[Group, ...]:
        if isinstance(at, slice):
            return tuple(map(self.__getitem__, range(*at.indices(len(self)))))
        rows = self._register.members(range(len(self))[at])
        return Group.of(self._chunks[rows[0]], rows)
