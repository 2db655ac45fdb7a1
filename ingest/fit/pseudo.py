"""Questions that documents answer by themselves: a heading, or a sentence, against the passage that it was taken from.

The inverse cloze task (Lee, Chang and Toutanova, ACL 2019): what became the question is taken out of its passage, so
that the passage must be found by what is left of it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.chunk import Chunk
from ingest.parse.sentences import sentence_spans

MOST = 120  # questions
HEADING = (4, 60)  # code points of a heading that asks
SENTENCE = (8, 80)
LEFT = 40  # code points that must be left of a passage


@dataclass(frozen=True, slots=True)
class PseudoQuestion:
    """`rows` are the passages that it was taken from; `left` is what is left of each and `titles` of its headings."""

    text: str
    rows: tuple[int, ...]
    left: tuple[str, ...]
    titles: tuple[str, ...]


def pseudo_questions(chunks: Sequence[Chunk], most: int = MOST) -> list[PseudoQuestion]:
    """Return up to `most` questions, spread evenly over the documents; the same chunks give the same ones.

    Headings come first, as they are nearest to what people ask; sentences fill up. No passage is used twice.
    """
    chosen: list[PseudoQuestion] = []
    used: set[int] = set()
    for question in (*_shuffled(_headings(chunks)), *_shuffled(_sentences(chunks))):
        if len(chosen) < most and used.isdisjoint(question.rows):
            chosen.append(question)
            used.update(question.rows)
    return chosen


def _headings(chunks: Sequence[Chunk]) -> Iterator[PseudoQuestion]:
    """The innermost heading of one or two passages, where no other passage has it."""
    under: dict[str, list[int]] = defaultdict(list)
    for row, chunk in enumerate(chunks):
        if chunk.kind == "text" and chunk.heading_path:
            under[chunk.heading_path[-1]].append(row)
    for heading, rows in under.items():
        titles = tuple(" > ".join(chunks[row].headings[:-1]) for row in rows)
        left = tuple(f"{title}\n{chunks[row].focused}" for title, row in zip(titles, rows, strict=True))
        if len(rows) <= 2 and _within(heading, HEADING) and all(len(chunks[row].focused) >= LEFT for row in rows):
            yield PseudoQuestion(heading, tuple(rows), left, titles)


def _sentences(chunks: Sequence[Chunk]) -> Iterator[PseudoQuestion]:
    """One sentence of each passage that has enough beside it."""
    for row, chunk in enumerate(chunks):
        text = chunk.focused
        spans = [(a, b) for a, b in sentence_spans(text) if _within(text[a:b], SENTENCE)]
        if spans and chunk.kind == "text":
            start, end = spans[_hash(chunk.id) % len(spans)]
            left = f"{text[:start]} {text[end:]}"
            if len(left.strip()) >= LEFT:
                title = " > ".join(chunk.headings)
                yield PseudoQuestion(text[start:end].strip(), (row,), (f"{title}\n{left}",), (title,))


def _within(text: str, lengths: tuple[int, int]) -> bool:
    return lengths[0] <= len(text.strip()) <= lengths[1]


def _shuffled(questions: Iterator[PseudoQuestion]) -> list[PseudoQuestion]:
    return sorted(questions, key=lambda question: _hash(question.text))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
