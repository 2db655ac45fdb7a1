"""What the cross-encoder reads, in training and in use: a question and a passage as one row of tokens."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ingest.words.text import normalise

Ids = NDArray[np.int64]
TOKENS = 256  # of a pair that is read


class Pairs:
    """Turns (question, passage) into token ids. Case, width and traditional characters are folded first.

    A question comes as Words.bilingual gives it. A pair longer than `max_tokens` loses
    the end of its longer side, so a passage keeps its heading path.
    """

    def __init__(self, tokenizer: Path, max_tokens: int = TOKENS) -> None:
        """Read tokenizer.json; raises ValueError when it is not one."""
        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # the library raises Exception itself
            raise ValueError(f"{tokenizer} is no usable tokenizer: {error}") from error
        self._tokenizer.encode_special_tokens = True  # a "</s>" that someone writes separates nothing
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")

    def ids(self, pairs: Sequence[tuple[str, str]]) -> list[list[int]]:
        """Return the token ids of each pair, of different lengths."""
        folded = [(_asked(question), _folded(passage)) for question, passage in pairs]
        return [encoding.ids for encoding in self._tokenizer.encode_batch(folded)]


def padded(rows: Sequence[Sequence[int]], pad: int = 1) -> tuple[Ids, Ids]:
    """Return ids and attention mask, each (rows, longest) int64."""
    ids = np.full((len(rows), max(map(len, rows))), pad, np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    return ids, (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)


@lru_cache(maxsize=1_000)  # a question comes with each of its passages
def _asked(question: str) -> str:
    return normalise(question)


@lru_cache(maxsize=20_000)
def _folded(text: str) -> str:
    return normalise(text)
