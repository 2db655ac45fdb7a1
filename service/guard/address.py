"""What in a request speaks to the service itself: orders, the service's own rules, harm; what only asks is told apart.

Each clause is read for itself, so that an order behind a question is seen. A clause that asks is about its subject,
whatever that is: only where it names the service, or harm, is there a sign in it.
"""

import re
from collections.abc import Iterator

from ingest.words.text import normalise
from service.language.rule import Rule, rules

MARK = re.compile(r"[^\w\s]|\n")
MENTION = re.compile(r"[\"“「].+?[\"”」]")


def signs(request: str) -> dict[str, Rule]:
    """Return the rules that take something of a request, by key, orders first; most questions have none."""
    text = normalise(unquoted(request))
    found: dict[str, Rule] = {}
    for rule in (
        *orders(text),
        *_taken("named", text),
        *(r for part in _statements(text) for r in _taken("matter", part)),
    ):
        found.setdefault(rule.key, rule)
    return found


def orders(text: str) -> Iterator[Rule]:
    """Yield the rules that take a clause of a normalised text as an order; a clause that asks gives none."""
    for clause in _statements(text):
        yield from _taken("declined", clause)


def unquoted(request: str) -> str:
    """Return a request without what it quotes, where it asks something about that."""
    rest = MENTION.sub(" … ", request)
    return rest if asks(normalise(rest)) else request


def asks(text: str) -> bool:
    """Whether a normalised text is put as a question."""
    return (rules("asking") + rules("choice")).holds(text)


def _statements(text: str) -> Iterator[str]:
    return (clause.strip() for clause in MARK.split(text) if not asks(clause))


def _taken(group: str, text: str) -> Iterator[Rule]:
    return (rule for rule in rules(group) if rule.pattern.search(text))
