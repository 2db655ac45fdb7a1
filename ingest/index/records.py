"""Files of JSON lines, mapped: a row is decoded when it is asked for, so an index of any size opens at once."""

import json
import mmap
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

KEPT = 4096  # rows of a file that were decoded last

_Row = TypeVar("_Row")
_Scalar = TypeVar("_Scalar", bound=np.generic)


class Records(Sequence[_Row]):
    """The rows of a file, each as `decode` makes it of its line; those asked for last are kept. Threads share it.

    Where they begin and end stands beside the file, (n + 1,) int64. Raises OSError, and ValueError where it disagrees.
    """

    def __init__(self, path: Path, decode: Callable[[Any], _Row], kept: int = KEPT) -> None:
        raw, self._at = mapped_bytes(path), mapped_array(_places(path), np.int64)
        if not len(self._at) or self._at[0] or self._at[-1] != len(raw):
            raise ValueError(f"{path.name} is not of the length that its places say")
        # No method of its own: a circle of objects would outlive the snapshot, as what serves is not collected.
        self._read = partial(_decoded, raw, self._at, decode)
        self._row = lru_cache(kept)(self._read)

    def __len__(self) -> int:
        return len(self._at) - 1

    @overload
    def __getitem__(self, at: int) -> _Row: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[_Row, ...]: ...
    def __getitem__(self, at: int | slice) -> _Row | tuple[_Row, ...]:
        if isinstance(at, slice):
            return tuple(map(self._row, range(*at.indices(len(self)))))
        row = operator.index(at)
        row += len(self) if row < 0 else 0
        if not 0 <= row < len(self):
            raise IndexError(f"{at!r}: there are {len(self)} rows")
        return self._row(row)

    def __iter__(self) -> Iterator[_Row]:
        return map(self._read, range(len(self)))  # all of them would put out what is kept


def _decoded(raw: "mmap.mmap | bytes", at: NDArray[np.int64], decode: Callable[[Any], _Row], row: int) -> _Row:
    return decode(json.loads(raw[at[row] : at[row + 1]]))


def write_records(path: Path, rows: Iterable[object]) -> None:
    """Write rows as JSON, one a line, and beside them where each begins."""
    places = [0]
    with path.open("wb") as file:
        for row in rows:
            places.append(places[-1] + file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n"))
    np.save(_places(path), np.array(places, np.int64), allow_pickle=False)


def _places(path: Path) -> Path:
    return path.with_suffix(".at.npy")


def mapped_bytes(path: Path) -> "mmap.mmap | bytes":
    """Map a file, which must not change from then on; an empty one cannot be."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""


def mapped_array(path: Path, scalar: type[_Scalar], dimensions: int = 1) -> NDArray[_Scalar]:
    """Map an array, whose file must not change from then on; raises ValueError for another one than was expected."""
    array: NDArray[_Scalar] = np.asarray(np.lib.format.open_memmap(path, mode="r"))
    if array.dtype != scalar or array.ndim != dimensions:
        raise ValueError(f"{path.name} holds {array.dtype} {array.shape!r}, not {scalar.__name__}")
    return array
