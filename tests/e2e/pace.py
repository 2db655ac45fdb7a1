"""How fast the real writer may write: a test slows it down or holds it, and sees how many are at it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

from service.search.passages import Passage
from service.search.retrieve import Query
from service.write.writer import Writer


@dataclass
class Pace:
    """Seconds before each sentence, and the number of sentences after which a writer waits; `open` counts writers."""

    seconds: float = 0.0
    most: int | None = None
    open: int = 0

    def release(self) -> None:
        self.seconds, self.most = 0.0, None


class Paced:
    """The real writer at a test's pace."""

    def __init__(self, writer: Writer, pace: Pace) -> None:
        self._writer, self._pace = writer, pace
        self.name = writer.name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    async def write(self, query: Query, passages: Sequence[Passage], *rest: Any) -> AsyncIterator[Any]:
        pace, said = self._pace, 0
        written = cast(AsyncGenerator[Any, None], self._writer.write(query, passages, *rest))
        pace.open += 1
        try:
            async with aclosing(written) as sentences:
                async for sentence in sentences:
                    await asyncio.sleep(pace.seconds)
                    while pace.most is not None and said >= pace.most:
                        await asyncio.sleep(0.02)
                    yield sentence
                    said += 1
        finally:
            pace.open -= 1
