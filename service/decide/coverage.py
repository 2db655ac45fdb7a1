"""Entries without an answer whose subject another entry deals with: 7.6 is listed, 3.8 and 3.9 speak of its subject.

Similarity cannot tell: an entry without an answer is nothing but its question, and so fits a question best
whenever both are about one subject. A pack holds the pairs by the entries' questions, found by reading the
outline, so that they follow the entries wherever they stand; an entry that it does not know is not covered.
"""

from collections.abc import Iterable, Mapping, Sequence

from ingest.parse.outline import Entry

Key = tuple[str, str]  # document, entry id


def covered(entries: Iterable[Entry], known: Mapping[str, Sequence[str]]) -> dict[Key, frozenset[Key]]:
    """Map each entry without an answer to the answered ones of its document that deal with its subject."""
    by_question = {(entry.document, entry.question): entry for entry in entries}
    found: dict[Key, frozenset[Key]] = {}
    for (document, question), entry in by_question.items():
        others = [by_question.get((document, other)) for other in known.get(question, ())]
        covering = frozenset((other.document, other.id) for other in others if other and other.answered)
        if covering and not entry.answered:
            found[document, entry.id] = covering
    return found
