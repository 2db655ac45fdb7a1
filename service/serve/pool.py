"""Where processes share answers."""

from collections.abc import Sequence
from typing import Protocol

from service.serve.shared import Generate


class Pool(Protocol):
    """Has one process make an answer that others wait for."""

    def answers(self, generate: Generate, of: Sequence[object], seconds: float, brief: float) -> Generate:
        """Share what is generated with whoever has the same `of`: all that an answer hangs on beside its question.

        It is kept for so many seconds, or for the brief time where something was missing.
        """
        ...

    async def forget(self) -> None:
        """Delete all answers, of whatever index."""
        ...

    async def close(self) -> None: ...
