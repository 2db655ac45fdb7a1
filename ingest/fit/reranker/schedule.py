"""Which examples are shown in which order: made whole from the seed, so that a killed run goes on where it was."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.sets import Question, QuestionSet

WINDOWS = 6  # of an example: the right one and five wrong ones, or six wrong ones
STEP = 8  # examples
NEAR = 0.6  # of the wrong windows, drawn from the eight nearest
SORTED = 16  # steps within which examples of like length come together, so that little is padding
SECOND = 0.4  # share of examples that show the window retrieval prefers rather than the one with the answer
UNTITLED = 0.2  # share of the outline's examples without the entry's question in the heading path


@dataclass(frozen=True, slots=True)
class Example:
    """The first window is right, unless `answered` is False."""

    question: str
    windows: tuple[str, ...]
    answered: bool


def plan(
    sets: Sequence[tuple[QuestionSet, Sequence[Found], int]], seed: int, windows: int = WINDOWS
) -> list[list[Example]]:
    """Return the steps for (questions, their candidates, passes over them), the outline's more towards the end.

    `windows` are those of an example at most.
    """
    rng = random.Random(seed)
    placed: list[tuple[float, Example]] = []
    for questions, found, passes in sets:
        for number in range(passes):
            for question, candidates in zip(questions.questions, found, strict=True):
                if not question.held_back and candidates.rows:
                    at = (number + rng.random()) / passes
                    # General questions teach matching and end before the outline's do.
                    at = at**0.7 if questions.name == "outline" else at * 0.85
                    placed.append((at, _example(questions, question, candidates, rng, windows)))
    placed.sort(key=lambda item: item[0])
    examples = [example for _, example in placed]
    steps: list[list[Example]] = []
    for begin in range(0, len(examples), STEP * SORTED):
        some = sorted(examples[begin : begin + STEP * SORTED], key=lambda e: max(map(len, e.windows)))
        grouped = [some[i : i + STEP] for i in range(0, len(some), STEP)]
        rng.shuffle(grouped)
        steps += grouped
    return steps


def _example(questions: QuestionSet, question: Question, found: Found, rng: random.Random, most: int) -> Example:
    owners = questions.owners
    if question.owner is None and question.rows:  # what seems to answer it is all that is sure not to
        return Example(question.read, tuple(questions.windows[row] for row in question.rows), False)
    wrong = [row for row in found.rows if owners[row] != question.owner]
    near, far = wrong[:8], wrong[8:]
    count = most - (question.owner is not None)
    rows = rng.sample(near, min(len(near), round(NEAR * count)))
    rows += rng.sample(far, min(len(far), count - len(rows)))
    if question.owner is not None:
        rows = [_right(questions, question, found, rng), *rows]
    windows = [questions.windows[row] for row in rows]
    if questions.name == "outline" and rng.random() < UNTITLED:
        windows = [_untitled(window) for window in windows]
    return Example(question.read, tuple(windows), question.owner is not None)


def _right(questions: QuestionSet, question: Question, found: Found, rng: random.Random) -> int:
    preferred = [row for row in found.rows if questions.owners[row] == question.owner]
    if preferred and questions.name == "outline" and rng.random() < SECOND:
        return preferred[0]
    return rng.choice(question.rows)


def _untitled(window: str) -> str:
    """Leave the section alone of a text chunk's headings; a listing is nothing but headings and stays."""
    path, separator, text = window.partition("\n")
    section, arrow, _ = path.partition(" > ")
    return f"{section}\n{text}" if arrow and separator else window
