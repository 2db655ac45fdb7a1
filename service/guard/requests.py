"""Requests the service does not take: its instructions, another role, harm."""

from ingest.words.text import normalise
from service.language.rule import Rule, rules


def declined(question: str) -> Rule | None:
    """Return the rule by which a request is turned down, None when it is taken."""
    return rules("declined").first(normalise(question))
