"""What a message asks for after what was said: its own question, one made to stand alone, the last again, or help."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from ingest.fitted import FEW
from ingest.index.register import ENDS, folded
from ingest.index.snapshot import Snapshot
from ingest.words.text import normalise
from service.language.length import LONGEST, bounded
from service.language.rule import rules
from service.search.lexicon import Lexicon
from service.search.retrieve import Query
from service.tracing import span
from service.understand.follow_ups import Message, grounds, other_thing, swapped
from service.understand.rewrite import Leaning, Rewriter
from service.understand.turn import Kind, TurnReader, empty, names
from service.workers.worker import Worker

TALK = 0.5  # probability that a message is about the conversation
NAMING = 0.8  # the same of one that names what documents have, or that was read without its vector
STANDS, LEANS = 0.97, 0.2  # that it stands alone; between the two it is tried alone and with what it may lean on
HANGS = 0.7  # that one which names nothing that documents have leans on what was said, where nothing was
ELLIPTIC = 0.3  # the same, at most, of one that says not of what it asks
EVEN = 0.5  # from this probability on a search that cannot try both takes a message alone
CODE = 3  # digits of a number that is asked for, and is none of a list's
NAMED = 0.3  # specificity, in the documents, of a term that a question can be about
COMMON = 0.35  # in general, of a word that everybody uses
KEPT = 2048  # messages that are not read twice
CLOSING = " !.~！。～…"  # what a message may end with and be the same
BACK = ("earlier", "pronoun", "both")  # rules of what points to what was said, whatever else it names
LAST: frozenset[Kind] = frozenset({"again", "shorter", "more"})  # what they want is about the last question

READ = 1000  # characters of a message that tell what it is, unfolded

Kinds = Mapping[Kind, float]


@dataclass(frozen=True, slots=True)
class _Read:
    """The probabilities of a message's kinds, and whether it names something that one can ask for.

    `rare` says whether that is in the documents and no everyday word, `counted` whether it is a number that they have:
    "What should I do on 429?".
    """

    kinds: Kinds
    asks: bool
    counted: bool
    rare: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A message as it is meant.

    `question` is what is searched, "" where nothing is; a turn that may ask nothing is `help` with a question, and is
    helped where none answers it. `asked` is the same without what the conversation adds, `carried` the earlier
    questions that it adds. `alone` is the message itself where it is unclear whether it leans, `standing`
    the probability that it does not.
    """

    kind: Kind
    question: str = ""
    asked: str = ""
    alone: str = ""
    standing: float = 1.0
    carried: tuple[str, ...] = ()


class Conversation:
    """Reads messages to one snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        reader: TurnReader,
        rewriter: Rewriter,
        embed: Callable[[str], Awaitable[Query]],
        work: Worker,
        mended: Callable[[str], str] = str,
        lexicon: Lexicon | None = None,
    ) -> None:
        """`mended` gives a message with its slips mended."""
        self._reader, self._rewriter, self._embed, self._work = reader, rewriter, embed, work
        self._mended = mended
        self._words = snapshot.pack.words
        self._headed = snapshot.headed
        self._lexicon = lexicon or Lexicon(snapshot)
        self._few = len(snapshot.chunks) < FEW
        self._known: LRUCache[str, _Read] = LRUCache(KEPT)

    async def turn(self, text: str, history: Sequence[Message]) -> Turn:
        """Return what a message asks for."""
        with span("condense", "CHAIN") as noted:
            turn = await self._turn(text, history)
            noted.note(outline_qa__turn=turn.kind)
            noted.content(output__value=turn.question)
        return turn

    async def _turn(self, text: str, history: Sequence[Message]) -> Turn:
        read = await self._read(text)
        kind, kinds = self._talk(read), read.kinds
        kind = "again" if kind is None and history and _is_form(text) else kind
        if not history and ((kind in LAST and read.rare) or (kind == "help" and read.counted)):
            kind = None  # "Is the audio guide extra?", "429"
        if kind in LAST:
            question = await self._last(history)
            return Turn(kind, question, question) if question else Turn("help")
        if kind is not None:
            return Turn(kind)
        earlier = await self._questions(history)
        if not earlier:
            return self._first(text, read)
        standing = kinds["subject"] / (kinds["subject"] + kinds["follow"])
        plain = normalise(bounded(text, READ))
        if any(rules(group).holds(plain) for group in BACK) or empty(text, self._words):
            standing = 0.0
        elif rules("elliptic").holds(plain):
            standing = min(standing, ELLIPTIC)
        if standing >= STANDS and not (other_thing(text) or rules("others").holds(text)):
            return Turn("subject", text, text)
        earlier, leaning = await self._work(self._spelt_out, earlier, await self._leaning(earlier))
        carried = tuple(await self._work(grounds, text, earlier, self._words, leaning))
        if other := await self._work(swapped, text, earlier, self._words, leaning):
            return Turn("follow", other, other, carried=carried)
        if standing >= STANDS or self._headed(other_thing(text)):
            return Turn("subject", text, text)
        question = await self._rewriter.standalone(text, earlier, leaning)
        alone = text if standing > LEANS else ""
        return Turn("follow", question, text, alone, standing, () if question == text else carried)

    async def standalone(self, text: str, history: Sequence[Message]) -> str:
        """Return what a message is searched as, whatever is answered; the first is searched as it is."""
        if not history:
            return text
        turn = await self.turn(text, history)
        return turn.alone if turn.alone and turn.standing >= EVEN else turn.question or text

    def _first(self, text: str, read: _Read) -> Turn:
        """What a message asks for where nothing was said: one that leans, and names nothing to ask for, gets help.

        Of a few documents it is asked first, as "it" is what they are about.
        """
        nothing = empty(bounded(text, READ), self._words)
        if read.asks or not (nothing or read.kinds["follow"] >= HANGS):
            return Turn("subject", text, text)
        return Turn("help", text, text) if self._few and not nothing else Turn("help")

    def _talk(self, read: _Read) -> Kind | None:
        """What a message says about the conversation, None where it asks for something else."""
        about: dict[Kind, float] = {kind: p for kind, p in read.kinds.items() if kind not in ("subject", "follow")}
        least = NAMING if read.rare or not self._reader.embedded else TALK
        return max(about.items(), key=lambda item: item[1])[0] if sum(about.values()) >= least else None

    async def _last(self, history: Sequence[Message]) -> str:
        """The last question that was asked, standing alone; "" when none was."""
        earlier = await self._questions(history)
        earlier, leaning = await self._work(self._spelt_out, earlier, await self._leaning(earlier))
        places = [place for place, message in enumerate(earlier) if message.role == "user"]
        if not places:
            return ""
        last, before = earlier[places[-1]].content, earlier[: places[-1]]
        question = bounded(last, LONGEST)
        if not before or not leaning(last):
            return question
        return await self._rewriter.standalone(question, before, leaning)

    async def _leaning(self, earlier: Sequence[Message]) -> Leaning:
        """What tells of each earlier question whether it leans too."""
        asked = [message.content for message in earlier if message.role == "user"]
        leaning = {question: not _stands((await self._read(question)).kinds) for question in asked}
        return lambda question: leaning.get(question, True)

    def _spelt_out(self, earlier: Sequence[Message], leaning: Leaning) -> tuple[list[Message], Leaning]:
        """Put in the conversation for "And BERT?" the question that it was; what a heading calls so stands alone."""
        whole: list[Message] = []
        alone: set[str] = set()

        def leans(question: str) -> bool:
            return question not in alone and leaning(question)

        for message in earlier:
            other = swapped(message.content, whole, self._words, leans) if message.role == "user" else ""
            if other or self._headed(other_thing(message.content)):
                alone.add(other or message.content)
            whole.append(Message(message.role, other) if other else message)
        return whole, leans

    async def _questions(self, history: Sequence[Message]) -> list[Message]:
        """The conversation without talk about it, and without what was replied to that."""
        kept: list[Message] = []
        keeping = False
        for message in history:
            if message.role == "user":
                keeping = self._talk(await self._read(message.content)) is None
            if keeping:
                kept.append(message)
        return kept

    async def _read(self, message: str) -> _Read:
        """Read the beginning of a message, once; words are cut in the worker, as that keeps the interpreter busy."""
        text = bounded(message, READ)
        if text not in self._known:
            vector = (await self._embed(text)).vector if self._reader.embedded else None
            self._known[text] = await self._work(self._judge, text, vector)
        return self._known[text]

    def _judge(self, text: str, vector: NDArray[np.float32] | None) -> _Read:
        """Tell what a text is; what is called as a heading is asks for that, whatever else it may mean."""
        if text.isascii() and not (meant := self._mended(text)).isascii():
            text = meant  # Chinese in Latin letters
        specific = [name for name in names(text, self._words) if self._lexicon.specificity(name) >= NAMED]
        rare = any(name.isascii() or self._words.rarity(name) >= COMMON for name in specific)
        counted = any(len(t) >= CODE and t.isdigit() and self._lexicon.has(t) for t in self._words.terms(text))
        asks = counted or any(not name.isdigit() for name in self._lexicon.proper(text))
        if self._headed(text):
            return _Read({"subject": 1.0, "follow": 0.0}, asks or bool(specific), counted)
        bare = folded(text)
        if rules("others").holds(bare):
            return _Read({"follow": 1.0, "subject": 0.0}, asks, counted)
        if said := rules("command").first(bare):
            return _Read({cast(Kind, said.key): 1.0, "subject": 0.0, "follow": 0.0}, asks, counted)
        kinds = self._reader.kinds(text.rstrip(CLOSING), self._words, vector)
        return _Read(kinds, asks or bool(specific), counted, rare)


def _is_form(text: str) -> bool:
    """Whether a message only wishes for another form of what was said: a table, another language."""
    plain = normalise(bounded(text, READ))
    return bool(plain.strip(ENDS)) and not rules("aside").blank(plain).strip(ENDS)


def _stands(kinds: Kinds) -> bool:
    return kinds["subject"] >= kinds["follow"]
