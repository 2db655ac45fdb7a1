"""The index as a LangChain retriever: what /v1/search finds, as Documents."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field, PrivateAttr

from ingest.index.snapshot import Snapshot
from service.bootstrap import Service
from service.search.retrieve import Candidate, Scope
from service.search.search import Searcher
from service.settings import ServiceSettings


class OutlineRetriever(BaseRetriever):
    """Hybrid search over one snapshot, reranked where that is set; best first.

    A Document's page_content is a passage, document[start:end]; its metadata are chunk_id, entry_id, document,
    heading_path, start, end, score and stars. `filters` restrict what may be found.
    """

    service: Service
    snapshot: Snapshot
    k: int = Field(10, ge=1)
    filters: Scope = Scope()
    _searcher: Searcher = PrivateAttr()

    def model_post_init(self, context: object, /) -> None:
        super().model_post_init(context)
        self._searcher = self.service.searcher(self.snapshot)

    @classmethod
    def open(cls, settings: ServiceSettings | None = None, *, k: int = 10, filters: Scope | None = None) -> Self:
        """Load models and current index; raises ModelUnavailableError, SnapshotError or ValueError."""
        service = Service(settings or ServiceSettings())
        return cls(service=service, snapshot=service.open(), k=k, filters=filters or Scope())

    def as_cited_tool(self, name: str, description: str) -> BaseTool:
        """Return the search as a tool for an agent: passages with their places as content, Documents as artifact."""

        async def find(query: str) -> tuple[str, list[Document]]:
            documents = await self.ainvoke(query)
            return "\n\n".join(map(_shown, documents)) or "Nothing was found.", documents

        def find_now(query: str) -> tuple[str, list[Document]]:
            documents = self.invoke(query)
            return "\n\n".join(map(_shown, documents)) or "Nothing was found.", documents

        return StructuredTool.from_function(
            find_now, find, name=name, description=description, response_format="content_and_artifact"
        )

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
    ) -> list[Document]:
        # In a thread of its own: the caller's may run an event loop already, as a notebook's does.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self._find(query)).result()

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,
    ) -> list[Document]:
        return await self._find(query)

    async def _find(self, text: str) -> list[Document]:
        hits = await self._searcher.find(text, self.k, self.filters)
        return [_document(candidate) for candidate in hits.candidates[: self.k]]


def _shown(document: Document) -> str:
    at = document.metadata
    return f"{at['document']} {at['start']}-{at['end']} ({' > '.join(at['heading_path'])})\n{document.page_content}"


def _document(candidate: Candidate) -> Document:
    chunk = candidate.shown
    return Document(
        chunk.text,
        id=chunk.id,
        metadata={
            "chunk_id": chunk.id,
            "entry_id": chunk.entry_id,
            "document": chunk.document,
            "heading_path": list(chunk.heading_path),
            "start": chunk.start,
            "end": chunk.end,
            "score": candidate.score,
            "stars": chunk.stars,
        },
    )
