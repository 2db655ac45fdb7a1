"""How much a question wants: one thing, several of a kind, or steps."""

import math

from ingest.words.text import normalise
from service.language.rule import rules
from service.search.retrieve import Query
from service.write.tree import SHARE


def single(query: Query) -> bool:
    """Whether one thing is asked for, which a line or two say; what follows up narrows down what was said."""
    asked = normalise(query.asked)
    others = rules("several") + rules("joined") + rules("steps")
    return query.said is not None or (rules("single").holds(asked) and not others.holds(asked))


def share(query: Query) -> float:
    """Of how many items of a list it answers with all of them; more than 1 where only what answers is wanted."""
    if single(query):
        return math.inf
    return 0.0 if rules("steps").holds(normalise(query.asked)) else SHARE


def several(query: Query) -> bool:
    """Whether several things are asked for, as a list has them."""
    return (rules("many") + rules("steps")).holds(normalise(query.asked))


def formula(query: Query) -> bool:
    """Whether a formula is asked for."""
    return rules("formula").holds(normalise(query.asked))


def remedy(query: Query) -> bool:
    """Whether something goes wrong, and what helps is wanted."""
    return not single(query) and rules("remedy").holds(normalise(query.asked))
