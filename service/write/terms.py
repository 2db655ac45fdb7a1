"""Terms of an answer that stands in another language than the question, in the question's."""

from collections.abc import Sequence

from ingest.words.words import Words
from service.language.claims import is_chinese
from service.language.phrases import Language

MOST = 8  # terms; more are a page of their own
# Of a Chinese term in general text: 任务 and 设计 need no help, and a glossary calls them by what they often mean.
RARE = 0.5


def foreign(quotes: Sequence[str], language: Language) -> bool:
    """Whether the documents' words are in another language than what the service says."""
    return is_chinese("\n".join(quotes)) != (language == "zh")


def translated(quotes: Sequence[str], words: Words) -> tuple[tuple[str, str], ...]:
    """Return terms of some quotes, in their order, with what a pack's glossary calls them in the other language.

    What the quotes call by both names needs no help.
    """
    text = "\n".join(quotes)
    said = text.casefold()
    chinese = is_chinese(text)
    terms = [
        (term, other)
        for term, other in words.glossary.translations(text)
        if term.isascii() != chinese
        and (term.isascii() or words.rarity(term) >= RARE)
        and other.partition(" (")[0].casefold() not in said
    ]
    return tuple(terms[:MOST])
