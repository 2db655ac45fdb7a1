"""What a chat platform sends and is sent, whichever it is."""

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from service.channels.card import Card

At = Mapping[str, str]  # where a message goes, in the platform's own terms
Rating = Literal["up", "down", "none"]


class NotGenuineError(Exception):
    """What came is not from the platform, or is too old; the text does not say what a forger could use."""


class UnreadableError(Exception):
    """What came is the platform's, and not of its form."""


class ChannelError(Exception):
    """The platform does not take what it is sent; the text says why."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request of a platform; the names of `headers` are in lower case."""

    method: Literal["GET", "POST"]
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Ack:
    """What a platform gets at once."""

    body: str = ""
    media: str = "application/json"


@dataclass(frozen=True, slots=True)
class Post:
    """What a person asks; `id` is the same when the platform sends it again, `conversation` that of a follow-up."""

    id: str
    sender: str
    conversation: str
    text: str
    at: At


@dataclass(frozen=True, slots=True)
class Vote:
    """What a person thinks of an answer; `at` is where they are thanked, empty where the platform does it."""

    id: str
    answer_id: str
    rating: Rating
    at: At = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a request was: a message, a vote, or neither; and what the platform gets for it at once."""

    event: Post | Vote | None = None
    ack: Ack = Ack()


class Channel(Protocol):
    """One platform. `documents` are the patterns of what people there may read."""

    name: str
    documents: tuple[str, ...]

    async def receive(self, delivery: Delivery) -> Receipt:
        """Read a request; raises NotGenuineError, UnreadableError, ChannelError."""

    def thanks(self, words: str) -> Ack:
        """Return what the platform gets for a vote."""

    async def say(self, at: At, card: Card) -> None:
        """Send a card; raises ChannelError once it has been tried often enough."""

    async def identity(self) -> str:
        """Return who the service is there, or what cannot be known; raises ChannelError where its keys are wrong."""

    async def close(self) -> None:
        """Hang up."""


def check_signature(expected: str, given: str | None) -> None:
    """Raise NotGenuineError unless two signatures are equal, in a time that tells nothing of where they differ."""
    if not hmac.compare_digest(expected.encode(), (given or "").encode()):
        raise NotGenuineError("the signature is wrong or missing")


def check_age(stamp: str | None, seconds: float) -> None:
    """Raise NotGenuineError unless a time in seconds since 1970 is of now, so that nothing is sent again later."""
    try:
        age = abs(time.time() - float(stamp or ""))
    except ValueError:
        age = float("inf")
    if not age <= seconds:
        raise NotGenuineError("the request is too old, or has no time")
