"""Questions about the outlines themselves, told from those on their subject and answered with facts."""

from collections.abc import Awaitable, Callable

from ingest.words.words import Words
from service.search.retrieve import Query
from service.understand.conversation import Turn
from service.understand.outline import Facts, Outline
from service.understand.recogniser import Recogniser
from service.understand.slots import read
from service.workers.worker import Worker


class OutlineQuestions:
    """Answers what is asked about the outlines of one snapshot."""

    def __init__(
        self,
        outline: Outline,
        recogniser: Recogniser,
        words: Words,
        embed: Callable[[str], Awaitable[Query]],
        work: Worker,
    ) -> None:
        self._outline, self._recogniser, self._words = outline, recogniser, words
        self._embed, self._work = embed, work

    async def facts(self, turn: Turn) -> Facts | None:
        """Return what a message asks of the outlines, None when it is about the subject.

        One that leans on what was said does not ask for all of an outline.
        """
        if turn.kind == "contents":
            return await self._work(self._outline.overview)
        facts = await self._asked(turn.asked) if turn.asked else None
        return None if facts and turn.kind == "follow" and facts.kind == "overview" else facts

    async def _asked(self, question: str) -> Facts | None:
        """A question without any sign of an outline is not embedded for it."""
        slots = read(question, self._words)
        if not self._recogniser.possible(slots):
            return None
        vector = (await self._embed(question)).vector if self._recogniser.embedded else None
        if not self._recogniser.recognises(slots, vector):
            return None
        return await self._work(self._outline.facts, slots)
