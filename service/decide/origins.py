"""Who made a thing, when, by which formula: where no candidate has that, the nearest passage is no answer."""

from collections.abc import Iterable

from ingest.words.text import normalise
from service.language.rule import rules


def untold(question: str, texts: Iterable[str]) -> bool:
    """Whether a question asks for an origin, and none of the texts tells one."""
    text = normalise(question)
    asked = {rule.key for rule in rules("origin") if rule.pattern.search(text)}
    if not asked:
        return False
    told = [rule.pattern for rule in rules("told") if rule.key in asked]
    return not any(pattern.search(normalise(each)) for each in texts for pattern in told)


def formless(question: str, texts: Iterable[str]) -> bool:
    """Whether a question asks for a formula, and none of the texts has one."""
    return rules("formula").holds(normalise(question)) and not any(rules("equation").holds(each) for each in texts)
