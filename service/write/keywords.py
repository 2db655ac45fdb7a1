"""Keywords: what is asked for by names side by side, "top-p top-k temperature", without a question."""

import re

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.rule import rules

BREAK = re.compile(r"[\s,、;/]+")
# A space that Chinese typography has beside Latin letters, "LoRA 的缺点", parts no names.
APART = re.compile(r"[,、;/]|[^\W\d_a-z]\s+[^\W\d_a-z]|[a-z\d]\s+[a-z\d]")


def keywords_of(asked: str, words: Words) -> list[frozenset[str]]:
    """Return the terms of each name; none where it is a question, or one name alone."""
    text = normalise(asked)
    if "?" in text or rules("asking").holds(text) or not APART.search(text) or rules("belonging").holds(text):
        return []
    names = [frozenset(words.terms(part)) for part in BREAK.split(text)]
    names = [name for name in names if name - words.asking]
    return names if len(names) > 1 else []
