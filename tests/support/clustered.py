"""3,000 passages that lie and speak as passages do, so made that filters leave 0.1, 1, 10 and 90 % of them."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.index.bm25 import Postings
from ingest.index.dense import DenseIndex
from ingest.index.snapshot import Manifest, Snapshot, groups
from ingest.index.ways import Ways
from ingest.pack import none

PASSAGES, ENTRY, DIMENSION = 3000, 3, 32
SHARES = {"tiny": 0.001, "small": 0.01, "tenth": 0.1, "rest": 0.9}  # of a document, and of sections 1 to 4
_ENDS = (1, 11, 111)  # entries before which one share ends and the next begins


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def words(random: np.random.Generator) -> list[str]:
    """Thirty words, few of them often."""
    return [f"w{number}" for number in np.minimum(random.zipf(1.3, 30), 5000)]


@cache
def texts() -> Sequence[Sequence[str]]:
    random = np.random.default_rng(3)
    return [words(random) for _ in range(PASSAGES)]


def queries(count: int) -> list[tuple[NDArray[np.float32], list[str]]]:
    """Vectors near passages, and six words each, one of them unknown."""
    random = np.random.default_rng(4)
    near = unit(_vectors()[random.integers(0, PASSAGES, count)] + 0.1 * random.normal(size=(count, DIMENSION)))
    return [(vector, [*words(random)[:5], "unknown"]) for vector in near]


@cache
def _vectors() -> NDArray[np.float32]:
    random = np.random.default_rng(2)
    centres = random.normal(size=(100, DIMENSION))[random.integers(0, 100, PASSAGES)]
    return unit(centres + 0.7 * random.normal(size=(PASSAGES, DIMENSION)))


def clustered() -> Snapshot:
    """Entries of three passages. Sections lie otherwise than documents; one passage in fifty stands elsewhere too."""
    entries = PASSAGES // ENTRY
    shuffled = np.random.default_rng(5).permutation(entries)
    document = np.array([*SHARES])[np.searchsorted(_ENDS, np.arange(entries), "right")]
    section = np.searchsorted(_ENDS, shuffled, "right") + 1

    def chunk(row: int, place: int) -> Chunk:
        kind, stars = "listing" if place % 10 == 0 else "text", place % 6 or None
        text, entry = " ".join(texts()[row]), f"{section[place]}.{place}"
        return Chunk(
            str(row), kind, f"{document[place]}.md", (), entry, stars, 0, len(text), (0, len(text)), text  # type: ignore[arg-type]
        )  # fmt: skip

    chunks = tuple(chunk(row, row // ENTRY) for row in range(PASSAGES))
    # As many from anywhere into each share as leave the shares about what they are.
    elsewhere = {str(row): (chunk(row, (row * 7) % entries),) for row in range(0, PASSAGES, 50)}
    grouped, vectors = groups(chunks), _vectors()
    return Snapshot(
        manifest=Manifest("v", "", "", {}, {}, files={"all": "written"}),
        documents={f"{name}.md": "" for name in SHARES},
        entries=(),
        chunks=chunks,
        aliases=elsewhere,
        groups=grouped,
        dense=DenseIndex.build(vectors),
        postings=Postings.build(texts()),
        titles=DenseIndex.build(unit(np.stack([vectors[list(group.rows)].mean(axis=0) for group in grouped]))),
        ways=Ways((), (), DenseIndex.build(np.empty((0, DIMENSION), np.float32)), Postings.build([])),
        pack=none(),
    )
