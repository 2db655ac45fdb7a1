"""Text in documents that speaks to the model instead of the reader: it is not shown to it, and supports nothing."""

from functools import lru_cache

from ingest.parse import markdown, outline
from ingest.words.text import normalise
from service.guard.address import orders
from service.language.rule import rules

LEFT_OUT = "（…）"


def commands(text: str) -> list[tuple[int, int]]:
    """Return the spans of the paragraphs and list items that give the model orders, half-open."""
    document = markdown.parse("", text, outline.heading)
    blocks = (block for section in document.sections for block in section.blocks if block.kind != "code")
    return [(block.start, block.end) for block in blocks if speaks_to_the_model(text[block.start : block.end])]


def speaks_to_the_model(text: str) -> bool:
    plain = normalise(text)
    return rules("planted").holds(plain) or any(orders(plain))


@lru_cache(4096)  # the same passages answer many questions
def without_commands(text: str) -> str:
    """Return what of a passage the model is shown."""
    for start, end in reversed(commands(text)):
        text = text[:start] + LEFT_OUT + text[end:]
    return text
