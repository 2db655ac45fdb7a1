"""Answers of the candidate that nobody sees, compared with those that were shown."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from service.events import Answer
from service.serve.comparisons import Comparisons, Difference

log = logging.getLogger(__name__)
AT_ONCE = 1  # so that comparing never takes more than one place
Outcome = Literal[Difference, "failed", "skipped"]


class Shadow:
    """Has the candidate answer too, in a task that nobody waits for, tells how the two differ, and keeps it."""

    def __init__(self, tell: Callable[[Outcome], None], kept: Comparisons) -> None:
        self._tell, self._kept = tell, kept
        self._tasks: set[asyncio.Task[None]] = set()

    def compare(self, question: str, shown: Answer, answer: Callable[[], Awaitable[Answer]], busy: bool) -> None:
        """Begin it; "skipped" while the service is busy or another is compared."""
        if busy or len(self._tasks) >= AT_ONCE:
            self._tell("skipped")
            return
        task = asyncio.create_task(self._compare(question, shown, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _compare(self, question: str, shown: Answer, answer: Callable[[], Awaitable[Answer]]) -> None:
        try:
            other = await answer()
        except Exception:  # the outermost layer of a task whose failure concerns nobody who asks
            log.exception("the candidate gave no answer to compare with %s", shown.id)
            self._tell("failed")
            return
        outcome = difference(shown, other)
        await asyncio.to_thread(self._kept.keep, question, shown, other, outcome)
        self._tell(outcome)
        if outcome != "same":
            log.info("shadow of %s: %s differs, %s and %s", shown.id, outcome, shown.status, other.status)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def difference(shown: Answer, other: Answer) -> Difference:
    """Return the first in which two answers differ: status, what is cited, text."""
    if shown.status != other.status:
        return "status"
    cited, others = ({citation.quote for citation in each.citations} for each in (shown, other))
    if cited != others:
        return "citations"
    return "same" if shown.text == other.text else "text"
