"""Where questions are put by doors that are no routes: the service in this process, or one at an address.

Both give the bodies of the contract and raise ProblemError, so a door cannot tell them apart.
"""

from collections.abc import AsyncGenerator
from typing import Protocol

from service.api import contract
from service.api.stream import AskEvent


class Desk(Protocol):
    """Answers in the contract's bodies; raises ProblemError with the status and detail of the problem document."""

    def ask(self, request: contract.AskRequest) -> AsyncGenerator[AskEvent, None]: ...

    async def search(self, request: contract.SearchRequest) -> contract.SearchResponse: ...

    async def outline(self) -> contract.OutlineResponse: ...

    async def entry(self, id: str, document: str | None = None) -> contract.EntryResponse: ...

    async def document(self, name: str, start: int = 0, end: int | None = None) -> contract.DocumentResponse: ...
