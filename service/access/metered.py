"""Answers, whose tokens are counted for who asked, whatever door they go out by."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from service.access.limits import Limits
from service.access.principal import acting
from service.events import Answer, Event, Question
from service.write.budget import estimate


class Answers(Protocol):
    """Gives the events of an answer."""

    def answer(self, question: Question) -> AsyncGenerator[Event, None]: ...


class Metered:
    """The answers of others, counted; without limits they pass as they are."""

    def __init__(self, answers: Answers, limits: Limits | None) -> None:
        self._answers, self._limits = answers, limits

    async def answer(self, question: Question) -> AsyncGenerator[Event, None]:
        """Yield the events of an answer; closing it early closes the answer."""
        principal = acting()
        async with aclosing(self._answers.answer(question)) as events:
            async for event in events:
                if isinstance(event, Answer) and principal and self._limits:
                    await self._limits.spend(principal, estimate(event.text))
                yield event
