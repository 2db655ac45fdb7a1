"""Answers of the candidate that nobody sees, compared with those that were shown."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from service.events import Answer

log = logging.getLogger(__name__)
AT_ONCE = 1  # so that comparing never takes more than one place
Outcome = Literal["same", "status", "citations", "text", "failed", "skipped"]


class Shadow:
    """Has the candidate answer too, in a task that nobody waits for, and tells how the two differ."""

    def __init__(self, tell: Callable[[Outcome], None]) -> None:
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()

    def compare(self, shown: Answer, answer: Callable[[], Awaitable[Answer]], busy: bool) -> None:
        """Begin it; "skipped" while the service is busy or another is compared."""
        if busy or len(self._tasks) >= AT_ONCE:
            self._tell("skipped")
            return
        task = asyncio.create_task(self._compare(shown, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _compare(self, shown: Answer, answer: Callable[[], Awaitable[Answer]]) -> None:
        try:
            other = await answer()
        except Exception:  # the outermost layer of a task whose failure concerns nobody who asks
            log.exception("the candidate gave no answer to compare with %s", shown.id)
            self._tell("failed")
            return
        outcome = difference(shown, other)
        self._tell(outcome)
        if outcome != "same":
            log.info("shadow of %s: %s differs, %s and %s", shown.id, outcome, shown.status, other.status)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def difference(shown: Answer, other: Answer) -> Outcome:
    """Return the first in which two answers differ: status, what is cited, text."""
    if shown.status != other.status:
        return "status"
    cited, others = ({citation.quote for citation in each.citations} for each in (shown, other))
    if cited != others:
        return "citations"
    return "same" if shown.text == other.text else "text"
