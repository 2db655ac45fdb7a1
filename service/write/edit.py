"""What is left out of an answer because of how it was asked for: all but the first statements, or what was said."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.claims import plain
from service.search.passages import Passage
from service.write.writer import Claim, Sentence

Written = AsyncIterator[Sentence | Claim]
Edit = Callable[[Written], Written]
SHORT = 2  # statements of a short answer
SPACES = str.maketrans("", "", " \t\n")


def whole(written: Written) -> Written:
    """Leave an answer as it is."""
    return written


async def brief(written: Written) -> AsyncGenerator[Sentence | Claim, None]:
    """Yield the first statements, without headings and what only announces; what announces, where nothing else is."""
    first, left = None, SHORT
    async for each in written:
        if each.text.startswith("#"):
            continue
        if _announces(each.text):
            first = first or each
            continue
        yield each if left == SHORT else replace(each, lead="\n\n")
        left -= 1
        if not left:
            return
    if first and left == SHORT:
        yield first


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Leaves out what earlier answers have, and headings and announcements with nothing below them."""

    answers: Sequence[str]

    async def __call__(self, written: Written) -> AsyncGenerator[Sentence | Claim, None]:
        said = "".join(map(_bare, self.answers))
        waiting: list[Sentence | Claim] = []
        async for each in written:
            if each.text.startswith("#"):
                waiting = [each]
            elif _bare(each.text) in said:
                waiting = [one for one in waiting if one.text.startswith("#")]
            elif _announces(each.text):
                waiting.append(each)
            else:
                for one in (*waiting, each):
                    yield one
                waiting = []


@dataclass(frozen=True, slots=True)
class Without:
    """Leaves out the statements that begin with what was excluded, and those below a heading that names it."""

    name: str
    words: Words

    async def __call__(self, written: Written) -> AsyncGenerator[Sentence | Claim, None]:
        excluded, below = self.words.vocabulary(self.name), False
        async for each in written:
            if each.text.startswith("#"):
                below = excluded <= self.words.vocabulary(each.text)
            elif not below and not excluded <= self.words.vocabulary(_subject(each.text)):
                yield each
                continue
            if each.text.startswith("#") and not below:
                yield each

    def allows(self, passage: Passage) -> bool:
        """Whether a passage may be drawn on: no heading of it names what was excluded."""
        excluded = self.words.vocabulary(self.name)
        return not any(excluded <= self.words.vocabulary(heading) for heading in passage.heading_path)


BEGINNING = 24  # characters in which a statement says what it is about


def _subject(text: str) -> str:
    return plain(text)[:BEGINNING]


def _announces(text: str) -> bool:
    return text.rstrip("*_ ").endswith((":", "："))


def _bare(text: str) -> str:
    return normalise(plain(text)).replace("*", "").translate(SPACES)
