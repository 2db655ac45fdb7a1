"""What stands before the doors of one service."""

from dataclasses import dataclass

from service.access.credentials import Credentials
from service.access.fair import FairQueue
from service.access.keys import Keys
from service.access.ledger import Ledger
from service.access.limits import Limits


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who may do what, how much of it, and what was done."""

    ledger: Ledger
    keys: Keys
    credentials: Credentials
    limits: Limits
    queue: FairQueue
