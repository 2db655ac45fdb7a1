"""Questions that documents answer by themselves: a sentence against the rest of the passage that it was taken from.

The inverse cloze task (Lee, Chang and Toutanova, ACL 2019): the sentence is taken out of its passage, so that the
passage must be found by what is left of it. Headings were tried beside sentences and told less: on documentation they
took weights to be good with which people's questions failed.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.chunk import Chunk
from ingest.parse.sentences import sentence_spans

MOST = 120  # questions
LENGTHS = (8, 80)  # code points of a sentence that asks
LEFT = 40  # code points that must be left of its passage


@dataclass(frozen=True, slots=True)
class PseudoQuestion:
    """`row` is the passage that it was taken from, `left` what is left of it, to be indexed instead."""

    text: str
    row: int
    left: str


def pseudo_questions(chunks: Sequence[Chunk], most: int = MOST) -> list[PseudoQuestion]:
    """Return up to `most` questions, spread evenly over the passages; the same chunks give the same ones."""
    return sorted(_sentences(chunks), key=lambda question: _hash(question.text))[:most]


def _sentences(chunks: Sequence[Chunk]) -> Iterator[PseudoQuestion]:
    """One sentence of each passage that has enough beside it."""
    for row, chunk in enumerate(chunks):
        text = chunk.focused
        spans = [(a, b) for a, b in sentence_spans(text) if LENGTHS[0] <= len(text[a:b].strip()) <= LENGTHS[1]]
        if spans and chunk.kind == "text":
            start, end = spans[_hash(chunk.id) % len(spans)]
            left = f"{text[:start]} {text[end:]}"
            if len(left.strip()) >= LEFT:
                yield PseudoQuestion(text[start:end].strip(), row, f"{' > '.join(chunk.headings)}\n{left}")


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
