"""What is called just what a question names comes first: a heading "Descaling" for "what is descaling?".

A cross-encoder prefers the longer text on the same subject, which speaks of it as known.
"""

from collections.abc import Sequence
from dataclasses import replace

from ingest.words.text import normalise
from service.language.rule import rules
from service.search.lexicon import Lexicon
from service.search.retrieve import Candidate

BEHIND = 2.0  # nats behind the first candidate, at most; so far ahead of it then
LOOKED = 6  # candidates


class Titled:
    """Knows headings by the words of one snapshot."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def first(self, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Put the first of about the best candidates first that a heading calls what a question names alone."""
        asked = set(self._lexicon.names(rules("asking").blank(normalise(question))))
        near = [c for c in candidates[:LOOKED] if c.score >= candidates[0].score - BEHIND]
        called = next((c for c in near if asked and self._is_called(c, asked)), None)
        if called is None or called is candidates[0]:
            return list(candidates)
        rest = [candidate for candidate in candidates if candidate is not called]
        return [replace(called, score=candidates[0].score + BEHIND), *rest]

    def _is_called(self, candidate: Candidate, asked: set[str]) -> bool:
        return any(self._lexicon.calls(heading, asked) for heading in candidate.chunk.heading_path)
