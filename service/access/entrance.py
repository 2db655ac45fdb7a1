"""What stands before the doors of one service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from service.access.credentials import Credentials
from service.access.fair import FairQueue
from service.access.keys import Keys
from service.access.ledger import Ledger
from service.access.limits import Limits, Standing
from service.access.principal import Principal


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who may do what, how much of it, and what was done."""

    ledger: Ledger
    keys: Keys
    credentials: Credentials
    limits: Limits
    queue: FairQueue

    @asynccontextmanager
    async def turn(self, principal: Principal) -> AsyncIterator[Standing | None]:
        """Count a question of somebody, and hold a place for it; raises OverLimitError, NoPlaceError."""
        standing = await self.limits.take(principal)
        with self.limits.at_once(principal):
            async with self.queue.place(principal.id):
                yield standing
