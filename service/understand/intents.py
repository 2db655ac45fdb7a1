"""What a question about an outline wants to know; whether it is about one at all, recogniser.py tells.

It is told by rules, which do that better than vectors: how many and which are two small words of one and the same
sentence.
"""

from typing import Literal

from service.understand.slots import Slots

Intent = Literal["entry", "content", "summary", "sections", "list", "count", "overview"]
COUNTING: tuple[Intent, ...] = ("count", "list")
# Signs of what entries are selected by; with none of them it is sections or the outline that are asked for.
SELECTING = frozenset({"entry", "question", "stars", "answered", "unanswered"})


def wanted(slots: Slots, sectioned: bool) -> frozenset[Intent]:
    """Return what a question about an outline wants to know, never nothing; `sectioned` when it names sections."""
    if slots.entries:
        return _of_entry(slots)
    asked: frozenset[Intent] = frozenset(intent for intent in COUNTING if intent in slots.signs)
    selecting = not slots.signs.isdisjoint(SELECTING)
    about_topic = "mentioned" in slots.signs and bool(slots.rest)
    if slots.step:  # the next of what is not said: what there is
        return frozenset({"overview"})
    if sectioned:
        return _of_section(slots, asked, selecting)
    if "part" in slots.signs and not about_topic:
        return frozenset({"sections", *(asked & {"count"} if "entry" in slots.signs else ())})
    if about_topic or selecting:
        return asked or frozenset({"list"})
    return frozenset({"overview"})


def of_other(slots: Slots) -> bool:
    """Whether something is counted or listed that is no part of an outline: "How many filters are there?"."""
    return bool(slots.rest) and not slots.signs.isdisjoint(COUNTING) and slots.signs.isdisjoint({"whole", "part"})


def _of_entry(slots: Slots) -> frozenset[Intent]:
    whether = not slots.signs.isdisjoint({"answered", "unanswered"}) or slots.step
    says = not slots.signs.isdisjoint({"content", "summary"})
    return frozenset({"content"} if says and not whether else {"entry"})


def _of_section(slots: Slots, asked: frozenset[Intent], selecting: bool) -> frozenset[Intent]:
    if "name" in slots.signs and not selecting:
        return frozenset({"sections"})
    if "summary" in slots.signs and not slots.signs & {"entry", "count"}:
        return frozenset({"summary"})
    if asked and (selecting or "count" in asked):
        return asked
    return frozenset({"list"} if selecting else {"summary"})
