"""An embedder whose work outlives a kill: what it has made waits in a file for the next build."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ingest.models.embedder import Embedder
    from ingest.models.encoder import Vectors

    Shards = Callable[[Sequence[Sequence[str]]], Iterator[Vectors | None]]

FILE = "vectors.sqlite"
SHARD = 128  # texts that are kept at once, and lost at most: half a minute of two cores


class CheckpointEmbedder:
    """Vectors of another embedder, kept by text in a database of a folder; without one nothing is kept.

    Kept are whole shards of what is embedded in order, so that a build that goes on where one was killed embeds in the
    batches that it would have, and equals one from nothing to the last bit. `Memo.tidy` of that folder ends them with
    all else that no build asks for. `anew` makes all of them again. `elsewhere` embeds shards in other processes, and
    leaves those that it cannot, None, to this one.
    """

    def __init__(
        self, embedder: Embedder, folder: Path | None, anew: bool = False, elsewhere: Shards | None = None
    ) -> None:
        self._embedder, self._path, self._elsewhere = embedder, folder and folder / FILE, elsewhere
        if self._path and anew:
            self._path.unlink(missing_ok=True)
        self.name, self.fingerprint = embedder.name, embedder.fingerprint
        self.dimension, self.max_tokens = embedder.dimension, embedder.max_tokens

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Return (n, d) float32, unit norm. A single shard is made as quickly as it is looked for, and not kept."""
        if self._path is None or len(texts) <= SHARD:
            return self._embedder.embed_passages(texts, progress)
        keys = [
            hashlib.sha256(f"{self.fingerprint}\0{text}".encode("utf-8", "surrogatepass")).digest() for text in texts
        ]
        vectors = np.empty((len(texts), self.dimension), np.float32)
        with closing(_opened(self._path)) as database:
            missing: list[int] = []
            for row, key in enumerate(keys):
                found = database.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
                if found:
                    vectors[row] = np.frombuffer(found[0], "<f4")
                else:
                    missing.append(row)
            done = len(texts) - len(missing)
            shards = [missing[start : start + SHARD] for start in range(0, len(missing), SHARD)]
            every = self._shards([[texts[row] for row in rows] for rows in shards], done, progress)
            for rows, own in zip(shards, every, strict=True):
                vectors[rows] = own
                made = ((keys[row], vectors[row].astype("<f4").tobytes()) for row in rows)
                with database:
                    database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", made)
        return vectors

    def _shards(
        self, shards: Sequence[Sequence[str]], done: int, progress: Callable[[int], None] | None
    ) -> Iterator[Vectors]:
        """Yield the vectors of each shard, `done` being those of texts before."""
        for shard, made in zip(shards, self._elsewhere(shards) if self._elsewhere else repeat(None)):  # noqa: B905
            own = self._embedder.embed_passages(shard, _after(done, progress)) if made is None else made
            done += len(shard)
            if progress and made is not None:
                progress(done)
            yield own

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.embed_queries(texts)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return self._embedder.token_counts(texts)


def _after(before: int, progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
    """Return a report of texts beyond those that are done."""
    return progress and (lambda done: progress(before + done))


def _opened(path: Path) -> sqlite3.Connection:
    """Open what a killed build left, or begin; what is damaged is made again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path)
    try:
        database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)")
        whole = database.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        whole = False
    if whole:
        return database
    database.close()
    path.unlink()
    return _opened(path)
