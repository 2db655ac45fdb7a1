"""What a question is searched as: made to stand alone, split where it asks several things, put in other words."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from pydantic import BaseModel, Field

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.claims import alien
from service.language.rule import rules
from service.understand.follow_ups import Message, carry, condense, leans
from service.understand.several import questions_in
from service.workers.worker import Worker

Form = TypeVar("Form", bound=BaseModel)
Leaning = Callable[[str], bool]
LONGEST = 300  # characters of a rewritten question, and of each message that it is made from
PARTS = 3
STANDALONE = """Rewrite the last question so that it can be understood without the conversation. Replace words like "它", "这个", "it", "the second one" by what they refer to. Keep its language. Add nothing else.
把最后一个问题改写成不看对话也能懂的问题，把“它”“这个”换成所指的东西，语言不变，不添加内容。"""  # noqa: E501
SPLIT = """Split the question into the separate things it asks, at most three short questions, each understandable alone, in its language. A question about one thing stays one.
把问题拆成它分别问的事，最多三个短问题，每个单独能懂，语言不变。只问一件事就只写一个。"""  # noqa: E501
AGAIN = """Put the question into other words for a search: the technical terms that a textbook would use for it. Keep its language. Do not answer it.
把问题换一种说法用于检索：用教科书里的术语，语言不变，不要回答。"""  # noqa: E501


class Rewriter(Protocol):
    """Rewrite questions. None of it may fail: what cannot be rewritten stays as it is."""

    async def standalone(self, question: str, history: Sequence[Message], leaning: Leaning | None = None) -> str:
        """Return the question as it is to be searched, with what it takes from the conversation.

        Where it is known that it leans, `leaning` says so of the earlier ones.
        """

    async def split(self, question: str) -> list[str]:
        """Return the questions in a question that needs several entries; none in one that does not."""

    async def again(self, question: str) -> str | None:
        """Return other words to search with, None when there are none."""


class RuleRewriter:
    """Makes a follow-up stand alone, and splits, by rules; other words need a model."""

    def __init__(self, words: Words, work: Worker) -> None:
        self._words, self._work = words, work

    async def standalone(self, question: str, history: Sequence[Message], leaning: Leaning | None = None) -> str:
        return await self._work(_carried, question, history, self._words, leaning)

    async def split(self, question: str) -> list[str]:
        return await self._work(questions_in, question, self._words)

    async def again(self, question: str) -> str | None:
        return None


class Rewritten(BaseModel):
    question: str = Field(max_length=LONGEST)


class Split(BaseModel):
    questions: list[str] = Field(max_length=PARTS)


class Filler(Protocol):
    """A model that fills in a form, or gives None."""

    async def fill(self, form: type[Form], system: str, message: str, seconds: float) -> Form | None: ...


class ModelRewriter:
    """Asks a model, within `seconds`; what it adds of its own is not taken over."""

    def __init__(self, model: Filler, seconds: float, words: Words, work: Worker) -> None:
        self._model, self._seconds, self._words, self._work = model, seconds, words, work

    async def standalone(self, question: str, history: Sequence[Message], leaning: Leaning | None = None) -> str:
        if not history or not (leaning or leans(question, self._words)):
            return question
        said = [f"{message.role}: {message.content[:LONGEST]}" for message in history[-6:]]
        told = "\n".join([*said, f"Last question: {question}"])
        found = await self._model.fill(Rewritten, STANDALONE, told, self._seconds)
        # One that takes nothing from the conversation was not rewritten.
        if (
            found
            and self._is_faithful(found.question, told)
            and self._words.vocabulary(found.question) - self._words.vocabulary(question)
        ):
            return found.question.strip()
        return await self._work(_carried, question, history, self._words, leaning)

    async def split(self, question: str) -> list[str]:
        if not rules("several").holds(normalise(question)):
            return []
        found = await self._model.fill(Split, SPLIT, question, self._seconds)
        parts = [part.strip() for part in found.questions if self._is_faithful(part, question)] if found else []
        return parts if len(parts) > 1 else []

    async def again(self, question: str) -> str | None:
        found = await self._model.fill(Rewritten, AGAIN, question, self._seconds)
        # Terms are added, never swapped: what the question names stays in the search.
        return f"{question} {found.question.strip()}" if found and found.question.strip() != question else None

    def _is_faithful(self, rewritten: str, said: str) -> bool:
        """Whether a rewritten question names only what was said, and something of it."""
        own = self._words.vocabulary(rewritten) - self._words.asking
        return bool(own & self._words.vocabulary(said)) and not alien(self._words, rewritten, said)


def _carried(question: str, history: Sequence[Message], words: Words, leaning: Leaning | None) -> str:
    return carry(question, history, words, leaning) if leaning else condense(question, history, words)
