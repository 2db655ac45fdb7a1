"""How many of the best it takes to have the right one among them, as far as scores in nats can tell."""

import math
from collections.abc import Sequence


def likely(behind: Sequence[float], share: float) -> int:
    """Return how many of what is so many nats behind the first must be taken to be right with a probability."""
    odds = [math.exp(-nats) for nats in behind]
    sums = [sum(odds[: count + 1]) for count in range(len(odds))]
    return next((count + 1 for count, reached in enumerate(sums) if reached >= share * sum(odds)), 0)
