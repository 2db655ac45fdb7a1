"""What the embedder learns from: questions of one set, each with a passage that answers and one that only seems to."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from ingest.fit.reranker.mined import Mined
from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.sets import Question, QuestionSet

SIZE = 24  # questions of a batch, whose passages are wrong for each other
NEAR = 12  # candidates of a question among which one is drawn that does not answer it
# How much is taken of what is no document of somebody else's; all of those sets is.
SHARES: Mapping[str, float] = {
    "outline": 0.12,
    "llm_headings_permissive": 0.2,
    "cmrc2018_train": 0.05,
    "drcd_dev": 0.05,
}
SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions and passages; `right[i]` answers question i, those in `unknown[i]` are of the same section."""

    questions: tuple[str, ...]
    passages: tuple[str, ...]
    right: tuple[int, ...]
    unknown: tuple[frozenset[int], ...]


def planned(known: Mined, others: Mined, seed: int) -> list[Batch]:
    """Return batches in the order in which they are learned, each of one set, whose passages are hard to tell apart.

    What is held back of a set is left out, questions without an answer, and what would fill less than half a batch.
    """
    draw = random.Random(seed)
    every = [(s, found, 1.0) for s, found in others]
    every += [(s, found, SHARES.get(s.name, SHARE)) for s, found in known]
    made = list(chain.from_iterable(_of(s, found, share, draw) for s, found, share in every))
    draw.shuffle(made)
    return made


def _of(questions: QuestionSet, found: Sequence[Found], share: float, draw: random.Random) -> list[Batch]:
    taken = [
        (question, candidates)
        for question, candidates in zip(questions.questions, found, strict=True)
        if question.owner is not None and not question.held_back and draw.random() < share
    ]
    draw.shuffle(taken)
    starts = range(0, len(taken) - SIZE // 2 + 1, SIZE)
    return [_batch(questions, taken[start : start + SIZE], draw) for start in starts]


def _batch(questions: QuestionSet, taken: Sequence[tuple[Question, Found]], draw: random.Random) -> Batch:
    right = [draw.choice(question.rows) for question, _ in taken]
    wrong = []
    for question, candidates in taken:
        near = [row for row in candidates.rows[:NEAR] if questions.owners[row] != question.owner]
        wrong += [draw.choice(near)] if near else []
    rows = list(dict.fromkeys((*right, *wrong)))
    unknown = (
        frozenset(at for at, row in enumerate(rows) if questions.owners[row] == question.owner and row != own)
        for (question, _), own in zip(taken, right, strict=True)
    )
    return Batch(
        tuple(question.text for question, _ in taken),
        tuple(questions.windows[row] for row in rows),
        tuple(map(rows.index, right)),
        tuple(unknown),
    )
