"""What the documents lack, by what people asked in vain: counts and masked wording, nothing of one person alone."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from eval.golden.duplicates import normalised
from eval.grow.feedback import masked
from eval.traffic.samples import UNANSWERED, Request, gaps


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that got no answer, in the words that most visitors used.

    `visitors` asked it, `before` in the time before, as long; `listed` is whether the documents name it.
    """

    question: str
    visitors: int
    questions: int
    before: int
    listed: bool


def entries_to_write(requests: Sequence[Request], since: float, start: float, least: int) -> list[Gap]:
    """Return what was asked in vain since a moment by at least so many visitors, the most wanted first.

    `start` is when the time before begins, in seconds since 1970 as `since`.
    """
    found = []
    for group in gaps([each for each in requests if each.created >= start], 1):
        recent = [each for each in group if each.created >= since]
        visitors = {each.visitor for each in recent}
        if len(visitors) >= least:
            before = {each.visitor for each in group if each.created < since}
            listed = sum(each.status == UNANSWERED[0] for each in recent) * 2 > len(recent)
            found.append(Gap(_wording(recent), len(visitors), len(recent), len(before), listed))
    return sorted(found, key=lambda gap: (-gap.visitors, gap.question))


def _wording(group: Sequence[Request]) -> str:
    """Return the wording of most visitors; of equals the shortest, which says least of who asked."""
    visitors: dict[str, set[str]] = defaultdict(set)
    for each in group:
        visitors[normalised(each.question)].add(each.visitor)
    chosen = min(group, key=lambda each: (-len(visitors[normalised(each.question)]), len(each.question), each.question))
    return masked(" ".join(chosen.question.split()))
