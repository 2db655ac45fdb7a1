"""Equal and nearly equal texts; of the latter MinHash finds candidates, confirmed by the Jaccard index.

Broder, On the resemblance and containment of documents (1997), for shingles and both sketches;
Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4, for the bands.
Shingles of code points need no words, so Chinese works.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ingest.clean.compared import Compared

SHINGLE = 5  # code points
_HASHES = 128
_RECALL = 0.999  # wanted of the bands, for pairs right at the threshold
_BLOCK = 4096  # shingles at once: the (_HASHES, _BLOCK) products stay in the processor's cache
_SKETCH = 4096  # hashes kept to measure a text; exact up to this size, else a standard error of at most 0.008
_GLANCE = 256  # of them tell whether two texts are far from the threshold: by five standard errors
# Bounds on the work for one text, so that thousands of look-alikes just under the threshold stay linear.
_BUCKET = 16
_CANDIDATES = 16

_WIDE = re.compile("[\uff01-\uff5e\u3000]+")  # full-width ASCII and the ideographic space
_SPACE = re.compile(r"\s+")
_BESIDE_HAN = re.compile("(?<=[\u3000-\u303f\u3400-\u9fff]) | (?=[\u3000-\u303f\u3400-\u9fff])")
_CODE = re.compile("^ *(?:```|~~~)|^(?: {4}|\t)", re.MULTILINE)

# RandomState's streams are frozen, unlike default_rng's. Odd factors make each map a bijection.
_RANDOM = np.random.RandomState(5)
_FACTORS = _RANDOM.randint(0, 1 << 31, (_HASHES, 1)).astype(np.uint32) * np.uint32(2) + np.uint32(1)
_SHIFTS = _RANDOM.randint(0, 1 << 32, (_HASHES, 1), dtype=np.uint64).astype(np.uint32)

Hashes = NDArray[np.uint64]


def bands(text: str, threshold: float) -> tuple[str, ...]:
    """Return the hashed bands of a text's MinHash signature; texts alike by `threshold`, in (0, 1], share one.

    Such a pair is missed once in 1,000 times. Raises ValueError for a threshold outside of that.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold is {threshold!r}, but must be above 0 and at most 1")
    rows = _rows(threshold)
    signature = _signature(text)
    starts = range(0, _HASHES - rows + 1, rows)
    return tuple(hashlib.sha256(b"%d " % at + signature[at : at + rows].tobytes()).hexdigest()[:16] for at in starts)


def near_pairs(
    texts: Sequence[str], banded: Sequence[Sequence[str]], threshold: float, compared: Compared | None = None
) -> list[tuple[int, int, float]]:
    """Return (i, j, Jaccard index of character shingles), i < j, of the texts alike by at least `threshold`.

    `banded` are their `bands`; what `compared` knows, of the same threshold, is not compared again. Time is linear in
    the total length: of a crowd of look-alikes each is compared with the first few only, so that some pairs are missed
    there.
    """
    compared = compared or Compared([plain_digest(text) for text in texts])
    buckets: dict[str, list[int]] = {}
    sketch = lru_cache(maxsize=4096)(lambda i: _sketch(texts[i]))

    def measured(i: int, j: int) -> float:
        return 0.0 if _far(sketch(i), sketch(j), threshold) else _jaccard(sketch(i), sketch(j))

    pairs: list[tuple[int, int, float]] = []
    for j, keys in enumerate(banded):
        shared = Counter(i for key in keys for i in buckets.get(key, ()))
        if shared:
            likely = sorted(sorted(shared, key=lambda i: (-shared[i], i))[:_CANDIDATES])
            alike = compared.of(j, likely)
            for place in np.flatnonzero(np.isnan(alike)).tolist():
                alike[place] = measured(likely[place], j)
            compared.note(j, likely, alike)
            near = np.flatnonzero(alike >= threshold).tolist()
            pairs += [(likely[place], j, float(alike[place])) for place in near]
        for key in keys:
            bucket = buckets.setdefault(key, [])
            if len(bucket) < _BUCKET:
                bucket.append(j)
    return pairs


def plain_digest(text: str) -> str:
    """Return what texts have in common that are equal but for what changes no meaning."""
    return hashlib.sha256(plain_form(text).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def plain_form(text: str) -> str:
    """Fold composition (NFC), the width of letters and digits, and white space that does not part words.

    Not case (mW is not MW) and not all of NFKC (10² is not 102). Where there is code, lines and indents stay.
    """
    text = _WIDE.sub(lambda wide: unicodedata.normalize("NFKC", wide[0]), unicodedata.normalize("NFC", text))
    if _CODE.search(text):
        return "\n".join(line.rstrip() for line in text.strip().split("\n"))
    return _BESIDE_HAN.sub("", _SPACE.sub(" ", text.strip()))


def _squeeze(text: str) -> str:
    return _SPACE.sub("", unicodedata.normalize("NFC", text))


@lru_cache
def _rows(threshold: float) -> int:
    """Choose the longest bands, hence the fewest false candidates, that still find pairs at the threshold."""
    recalls = {rows: 1 - (1 - threshold**rows) ** (_HASHES // rows) for rows in range(1, _HASHES + 1)}
    return max((rows for rows, recall in recalls.items() if recall >= _RECALL), default=1)


def _shingles(text: str) -> Iterator[Hashes]:
    """Yield the hashes of all shingles, (<= _BLOCK,) uint64 at a time; a shorter text is one shingle."""
    squeezed = _squeeze(text)
    width = min(SHINGLE, len(squeezed))
    for start in range(0, len(squeezed) - width + 1, _BLOCK):
        block = squeezed[start : start + _BLOCK + width - 1].encode("utf-32-le", "surrogatepass")
        points = np.frombuffer(block, dtype="<u4").astype(np.uint64)
        hashes = np.zeros(len(points) - width + 1, dtype=np.uint64)
        for offset in range(width):
            hashes = hashes * np.uint64(0x100000001B3) + points[offset : offset + len(hashes)]
        # The finaliser of MurmurHash3, since a polynomial alone leaves neighbours close.
        for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53, 1):
            hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(factor)
        yield hashes


def _signature(text: str) -> NDArray[np.uint32]:
    """Compute the MinHash signature, (_HASHES,) uint32."""
    signature = np.full(_HASHES, np.iinfo(np.uint32).max, dtype=np.uint32)
    for hashes in _shingles(text):
        mapped = _FACTORS * hashes.astype(np.uint32) + _SHIFTS
        np.minimum(signature, mapped.min(axis=1), out=signature)
    return signature


def _sketch(text: str) -> Hashes:
    """Keep the smallest distinct shingle hashes, sorted, (<= _SKETCH,) uint64."""
    kept = np.empty(0, dtype=np.uint64)
    for hashes in _shingles(text):
        if len(kept) == _SKETCH:
            hashes = hashes[hashes < kept[-1]]
        kept = np.unique(np.concatenate((kept, hashes)))[:_SKETCH]
    return kept


def _far(a: Hashes, b: Hashes, threshold: float) -> bool:
    """Tell by the smallest hashes of both that their index is below the threshold; true wrongly once in a million."""
    if min(len(a), len(b)) <= _GLANCE:
        return False
    index = _resemblance(a[:_GLANCE], b[:_GLANCE], _GLANCE)
    return bool(index < threshold - 5 * (threshold * (1 - threshold) / _GLANCE) ** 0.5)


def _jaccard(a: Hashes, b: Hashes) -> float:
    """Estimate the Jaccard index from the smallest hashes of the union; exact when the sketches are whole."""
    return _resemblance(a, b, _SKETCH)


def _resemblance(a: Hashes, b: Hashes, size: int) -> float:
    """Return the share of the `size` smallest hashes of the union, of all where there are fewer, that are in both."""
    merged = np.sort(np.concatenate((a, b)))
    again = merged[1:] == merged[:-1]
    union = np.flatnonzero(np.concatenate(([True], ~again)))[:size] if len(merged) else merged
    last = union[-1] + 1 if len(union) else 0  # behind it, its twin may stand
    return np.count_nonzero(again[:last]) / len(union) if len(union) else 1.0
