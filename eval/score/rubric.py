"""An answer against the points that it has to make: nuggets, as TREC has them (Voorhees 2003; Pradeep et al. 2024)."""

from collections.abc import Sequence

from eval.score import prose, readability
from eval.score.likeness import sentences
from eval.score.row import Row

FIRST = 2  # statements within which what was asked is said
BESIDE = 0.34  # share of statements that make no point, up to which an answer satisfies
SHARED = 0.6  # share of a quote, or of a statement, that makes the one say the other


def grade(row: Row) -> dict[str, float]:
    """Return "coverage", "direct", "noise", "faults" and "satisfied" of an answer to a question with points, else {}.

    `coverage` is the share of the vital points that it makes, `direct` whether one of those that come first is made in
    its first two statements, `noise` the share of its statements that make no point; what only announces, and a label
    that makes no point, states nothing. `faults` counts those of readability. Words tell, not meaning: the documents'
    own words are graded, not a language model's. `satisfied` is whether all that is vital is made, at the beginning,
    with little besides and nothing to stumble over.
    """
    points = row.question.points
    if not points or row.question.status != "answered":
        return {}
    if row.status != "answered":
        return dict.fromkeys(("coverage", "direct", "satisfied"), 0.0)
    whole = prose.letters(prose.MARK.sub("", row.answer))
    quotes = [[prose.letters(quote) for quote in point.quotes] for point in points]

    def serves(statement: str) -> bool:
        return any(_serves(statement, quote) for own in quotes for quote in own)

    said = [each for each in sentences(row.answer) if not prose.announces(each)]
    stated = [text for each in said if serves(text := prose.letters(each)) or not prose.titles(each)]

    def made(place: int, statements: Sequence[str]) -> bool:
        return any(_says(one, quote) for one in statements for quote in quotes[place])

    vital = [place for place, point in enumerate(points) if point.vital]
    first = [place for place, point in enumerate(points) if point.first]
    covered = sum(any(quote in whole for quote in quotes[place]) or made(place, stated) for place in vital)
    serving = sum(map(serves, stated))
    faults = readability.faults(row.answer, row.question.language, row.degraded is not None)
    direct = any(made(place, stated[:FIRST]) for place in first)
    noise = 1 - serving / max(1, len(stated))
    return {
        "coverage": covered / len(vital),
        "direct": float(direct),
        "noise": noise,
        "faults": float(len(faults)),
        "satisfied": float(covered == len(vital) and direct and noise <= BESIDE and not faults),
    }


def _says(statement: str, quote: str) -> bool:
    """Whether the greater part of a quote stands in a statement."""
    return quote in statement or prose.shared(statement, quote) >= SHARED * len(quote)


def _serves(statement: str, quote: str) -> bool:
    """Whether a statement says a quote or a part of it."""
    return _says(statement, quote) or prose.shared(statement, quote) >= SHARED * len(statement)
