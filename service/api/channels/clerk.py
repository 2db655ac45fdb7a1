"""Answers what is asked in chats, behind the platforms' backs: they wait three seconds, and ask again after them."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from contextlib import aclosing

from cachetools import TTLCache

from service.access.entrance import Entrance
from service.access.fair import NoPlaceError
from service.access.limits import OverLimitError
from service.access.principal import Principal, act_as
from service.access.readable import Readable
from service.access.rights import VISITOR
from service.api.channels.showing import card_of
from service.api.openai.answer import answer_chat
from service.api.problems import ProblemError
from service.api.reply import body
from service.api.runtime import Runtime
from service.channels.card import Card
from service.channels.channel import At, Channel, ChannelError, Post, Vote
from service.events import Answer
from service.language import phrases
from service.serve.behind import StoreUnavailableError, waited
from service.understand.follow_ups import Message

log = logging.getLogger(__name__)
KNOWN, KNOWN_SECONDS = 100_000, 8 * 3600.0  # events that are told apart from those that are sent again
TALKS, TALK_SECONDS, TURNS = 10_000, 3600.0, 10  # conversations that go on, and messages of each
WAITING = 1000  # messages that wait to be answered
SECONDS = 2.0  # that a vote may take to be written, for the platform waits


class Clerk:
    """Takes what channels receive, and answers it in its own time."""

    def __init__(self, runtime: Runtime, entrance: Entrance, channels: Iterable[Channel]) -> None:
        self.channels = {channel.name: channel for channel in channels}
        self._runtime, self._entrance = runtime, entrance
        self._known: TTLCache[tuple[str, str], None] = TTLCache(KNOWN, KNOWN_SECONDS)
        self._talks: TTLCache[tuple[str, str], tuple[Message, ...]] = TTLCache(TALKS, TALK_SECONDS)
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, channel: Channel, post: Post) -> None:
        """Have a message answered, once however often it is sent; ProblemError (503) where too many wait."""
        key = (channel.name, post.id)
        if key in self._known:
            return
        if len(self._tasks) >= WAITING:
            raise ProblemError(503, "Too many messages wait to be answered.", {"Retry-After": "30"})
        self._known[key] = None
        self._spawn(self._answer(channel, post))

    async def rate(self, channel: Channel, vote: Vote) -> str:
        """Have an answer rated; return what the person is told. The same vote that is sent again changes nothing."""
        try:
            known = await waited(self._runtime.store.rate(vote.answer_id, vote.rating, None), SECONDS)
        except StoreUnavailableError as error:
            log.error("%s: a rating was not kept: %s", channel.name, error)
            return "broken"
        return "thanks" if known else "gone"

    def tell(self, channel: Channel, vote: Vote, word: str) -> None:
        """Tell a person what became of their vote, where the platform does not."""
        key = (channel.name, vote.id)
        if vote.at and key not in self._known:
            self._known[key] = None
            self._spawn(self._say(channel, vote.at, Card(self.words(word), "zh")))

    def words(self, word: str) -> str:
        """A vote has no language of its own: both are said."""
        return " ".join(phrases.wording(language).chat[word] for language in ("zh", "en"))

    async def close(self, seconds: float) -> None:
        """Wait for what is being answered, for some seconds at most, then hang up."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                log.error("%d messages of chats were not answered", len(late))
                await asyncio.gather(*late, return_exceptions=True)
        await asyncio.gather(*(channel.close() for channel in self.channels.values()))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, channel: Channel, post: Post) -> None:
        """Answer within what people of the channel may read, and no more of it than is allowed to one."""
        principal = Principal(f"{channel.name}:{post.sender}", "channel", VISITOR, Readable.of(channel.documents))
        language = phrases.language(post.text, "auto")
        chat = phrases.wording(language).chat
        try:
            async with self._entrance.turn(principal):
                await self._runtime.prepare(principal.readable)
                with act_as(principal), self._runtime.admitted():
                    card = await self._card(channel, post, language)
        except (OverLimitError, NoPlaceError):
            card = Card(chat["busy"], language)
        except ProblemError as error:
            log.error("%s: a message was not answered: %s", channel.name, error.detail)
            card = Card(chat["busy" if error.status == 429 else "broken"], language)
        except Exception:  # the outermost layer of this task: the person is told, the log has the stack
            log.exception("%s: a message was not answered", channel.name)
            card = Card(chat["broken"], language)
        await self._say(channel, post.at, card)

    async def _card(self, channel: Channel, post: Post, language: phrases.Language) -> Card:
        bound, key = self._runtime.bound(), (channel.name, post.conversation)
        asked = Message("user", post.text)
        turns = (*self._talks.get(key, ()), asked)
        async with aclosing(answer_chat(turns, bound, self._runtime.store)) as events:
            *_, answer = [event async for event in events]
        assert isinstance(answer, Answer)  # the pipeline always ends with it
        self._talks[key] = (*turns, Message("assistant", answer.text))[-TURNS:]
        return card_of(body(answer, bound.snapshot), language)

    async def _say(self, channel: Channel, at: At, card: Card) -> None:
        try:
            await channel.say(at, card)
        except ChannelError as error:
            log.error("%s: an answer could not be sent: %s", channel.name, error)
