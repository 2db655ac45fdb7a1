"""Who asks, for as long as a request lasts: every door finds it here, so none can forget it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from service.access.readable import Readable
from service.access.rights import ORDINARY, Right

Kind = Literal["key", "provider", "page", "public", "open", "service", "channel"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much is allowed; None does not limit."""

    per_minute: int | None = None
    at_once: int | None = None
    tokens_a_day: int | None = None  # of answers


@dataclass(frozen=True, slots=True)
class Principal:
    """Who may do what; `id` is what limits and queues count by, `readable` None is every document."""

    id: str
    kind: Kind
    rights: frozenset[Right] = frozenset()
    readable: Readable | None = None
    allowance: Allowance = field(default=Allowance())


SERVICE = Principal("service", "service")  # its own looks at itself; it gives nothing of a document away
_acting: ContextVar[Principal | None] = ContextVar("principal", default=None)


def acting() -> Principal | None:
    """Return who asks; None outside of a request."""
    return _acting.get()


@contextmanager
def act_as(principal: Principal) -> Iterator[None]:
    """Have everything within be done for somebody; tasks that start within inherit it."""
    token = _acting.set(principal)
    try:
        yield
    finally:
        _acting.reset(token)


def mark_of(principal: Principal | None) -> str | None:
    """Return what stands for a key or subject beside what it asked; None for addresses, of which nothing is kept."""
    return mark(principal.id) if principal and principal.kind in ("key", "provider") else None


def mark(id: str) -> str:
    """Return a hash of who asks, by which answers are found again to be shown or erased."""
    return hashlib.sha256(id.encode()).hexdigest()[:24]


def open_to(address: str) -> Principal:
    """Return who asks where no key is needed: an address, which may do all but what changes the service."""
    return Principal(f"address:{address}", "open", ORDINARY)
