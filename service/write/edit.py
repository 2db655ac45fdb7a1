"""What is left out of an answer because of how it was asked for: all but the first statements, or what was said."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.claims import announces, plain
from service.language.rule import rules
from service.search.passages import Passage
from service.understand.conversation import Turn
from service.understand.follow_ups import Message
from service.write.writer import Claim, Gap, Sentence

Written = AsyncIterator[Sentence | Claim | Gap]
SHORT = 2  # statements of a short answer, at most half of all
BEGINNING = re.compile(r"[:：,，.。;；]|(?<=.{24})")  # ends what a statement is about
SPACES = str.maketrans("", "", " \t\n")


@dataclass(frozen=True, slots=True)
class Edit:
    """Leaves an answer as it is. One that leaves much out is made of all that passages have: it is `thorough`.

    One that `excludes` something may leave nothing of what a writer chose.
    """

    thorough = False
    excludes = False

    def __call__(self, written: Written) -> Written:
        """Return what is left of a writer's statements."""
        return written

    def allows(self, passage: Passage) -> bool:
        """Whether a passage may be drawn on."""
        return True


def edited(turn: Turn, history: Sequence[Message], words: Words) -> Edit:
    """Return what is to be left out of the answer to a message."""
    if turn.kind == "more":
        return Unsaid([message.content for message in history if message.role == "assistant"])
    if turn.kind == "shorter":
        return Brief()
    excluded = rules("excluded").match(normalise(turn.asked))
    return Without(excluded["x"], words) if excluded else Edit()


@dataclass(frozen=True, slots=True)
class Brief(Edit):
    """Leaves the first statements, without headings and what only announces; what announces, where nothing else is."""

    async def __call__(self, written: Written) -> AsyncGenerator[Sentence | Claim | Gap, None]:
        announced: Sentence | Claim | None = None
        kept: list[Sentence | Claim] = []
        count = 0
        async with aclosing(written) as statements:  # type: ignore[type-var]
            async for each in statements:
                if isinstance(each, Gap):
                    yield each
                    continue
                if each.text.startswith("#"):
                    continue
                if announces(each.text):
                    announced = announced or each
                    continue
                count += 1
                if count == 1:
                    yield each
                elif len(kept) < SHORT - 1:
                    kept.append(replace(each, lead="\n\n"))
                if count == 2 * SHORT:
                    break
        for each in kept[: max(0, count // 2 - 1)]:
            yield each
        if announced and not count:
            yield announced


@dataclass(frozen=True, slots=True)
class Unsaid(Edit):
    """Leaves out what earlier answers have, and headings and announcements with nothing below them."""

    answers: Sequence[str]
    thorough = True

    async def __call__(self, written: Written) -> AsyncGenerator[Sentence | Claim | Gap, None]:
        said = "".join(map(_bare, self.answers))
        waiting: list[Sentence | Claim] = []
        async for each in written:
            if isinstance(each, Gap):
                yield each
            elif each.text.startswith("#"):
                waiting = [each]
            elif _bare(each.text) in said:
                waiting = [one for one in waiting if one.text.startswith("#")]
            elif announces(each.text):
                waiting.append(each)
            else:
                for one in (*waiting, each):
                    yield one
                waiting = []


@dataclass(frozen=True, slots=True)
class Without(Edit):
    """Leaves out the statements that begin with what was excluded, and those below a heading that names it."""

    name: str
    words: Words
    excludes = True

    async def __call__(self, written: Written) -> AsyncGenerator[Sentence | Claim | Gap, None]:
        excluded, below = self.words.vocabulary(self.name), False
        async for each in written:
            if isinstance(each, Gap):
                yield each
                continue
            if each.text.startswith("#"):
                below = excluded <= self.words.vocabulary(each.text)
            if not below and not excluded <= self.words.vocabulary(_subject(each.text)):
                yield each

    def allows(self, passage: Passage) -> bool:
        """Whether no heading of a passage names what was excluded, but as an example."""
        excluded = self.words.vocabulary(self.name)
        named = (rules("example").without(normalise(heading)) for heading in passage.heading_path)
        return not any(excluded <= self.words.vocabulary(each) for each in named)


def _subject(text: str) -> str:
    return BEGINNING.split(plain(text), maxsplit=1)[0]


def _bare(text: str) -> str:
    return normalise(plain(text)).replace("*", "").translate(SPACES)
