"""Who made a thing, when, for how much, by which formula: where no candidate has that, the nearest is no answer."""

from collections.abc import Iterable, Sequence

from ingest.words.text import normalise
from service.language.rule import rules
from service.search.amounts import needed


def untold(question: str, texts: Iterable[str]) -> bool:
    """Whether a question asks for an origin or an amount, and none of the texts tells one."""
    text = normalise(question)
    asked = {rule.key for rule in rules("origin") if rule.pattern.search(text)}
    told = [rule.pattern for rule in rules("told") if rule.key in asked]
    gives = needed(question)
    if not told and not gives:
        return False
    read: Sequence[str] = list(texts)
    given = not gives or any(map(gives, read))
    return not given or (bool(told) and not any(pattern.search(normalise(each)) for each in read for pattern in told))


def formless(question: str, texts: Iterable[str]) -> bool:
    """Whether a question asks for a formula, and none of the texts has one."""
    return rules("formula").holds(normalise(question)) and not any(rules("equation").holds(each) for each in texts)
