"""The desk of the service in this process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from service.api import contract, documents, search
from service.api.ask import tell
from service.api.runtime import Runtime
from service.api.stream import AskEvent


class LocalDesk:
    """Asks what the routes ask, within the same limit of requests at once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def ask(self, request: contract.AskRequest) -> AsyncGenerator[AskEvent, None]:
        with self._runtime.admitted():
            async with aclosing(tell(request, self._runtime.bound(), self._runtime.store)) as events:
                async for event in events:
                    yield event

    async def search(self, request: contract.SearchRequest) -> contract.SearchResponse:
        with self._runtime.admitted():
            return await search.search(request, self._runtime)

    async def outline(self) -> contract.OutlineResponse:
        return await asyncio.to_thread(documents.contents, self._runtime.snapshot())

    async def entry(self, id: str, document: str | None = None) -> contract.EntryResponse:
        return await documents.entry(id, self._runtime, document)

    async def document(self, name: str, start: int = 0, end: int | None = None) -> contract.DocumentResponse:
        return await documents.document(name, self._runtime, start, end)
