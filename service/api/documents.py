"""GET /v1/outline, /v1/entries/{id}, /v1/documents/{name}: what the answers are taken from."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.api import contract
from service.api.problems import ProblemError
from service.api.runtime import Current

router = APIRouter(tags=["documents"])


@router.get("/v1/outline", summary="The table of contents", response_model=contract.OutlineResponse)
async def outline(runtime: Current) -> Response:
    """List the sections and their entries with stars and answered marks."""
    snapshot = runtime.snapshot()
    # On a thread: that of a large index takes a while.
    return Response(
        await asyncio.to_thread(lambda: contents(snapshot).model_dump_json()), media_type="application/json"
    )


def contents(snapshot: Snapshot) -> contract.OutlineResponse:
    """Return the sections and entries of an index."""
    sections: dict[tuple[str, int], list[Entry]] = {}
    for entry in snapshot.entries:
        sections.setdefault((entry.document, entry.section), []).append(entry)
    return contract.OutlineResponse(
        index_version=snapshot.manifest.version,
        speech=speech(snapshot),
        documents=list(snapshot.documents),
        sections=[
            contract.OutlineSection(
                number=number,
                title=entries[0].section_title,
                document=document,
                entries=[
                    contract.OutlineEntry(
                        id=e.id, number=e.number, question=e.question, stars=e.stars, answered=e.answered
                    )
                    for e in entries
                ],
            )
            for (document, number), entries in sections.items()
        ],
    )


def speech(snapshot: Snapshot) -> dict[contract.Language, contract.Speech]:
    """Return how a page speaks of the documents, by language."""
    return {
        language: contract.Speech(name=each.name, about=each.about, questions=list(each.questions))
        for language, each in snapshot.pack.card.speech.items()
    }


@router.get("/v1/entries/{id}", summary="One entry")
async def entry(
    id: Annotated[str, Path(examples=["3.8"])],
    runtime: Current,
    document: Annotated[str | None, Query(description="Its document; unset: the first that has such an entry.")] = None,
) -> contract.EntryResponse:
    """Return an entry with its whole text, its own line included. Ids are unique within a document."""
    snapshot = runtime.snapshot()
    found = next((e for e in snapshot.entries if e.id == id and document in (None, e.document)), None)
    if found is None:
        where = "" if document is None else f" in {document!r}"
        raise ProblemError(404, f"There is no entry {id!r}{where}; GET /v1/outline lists them.")
    text = snapshot.documents[found.document][found.start : found.end].rstrip()
    return contract.EntryResponse(
        id=found.id,
        number=found.number,
        question=found.question,
        stars=found.stars,
        answered=found.answered,
        section=found.section,
        section_title=found.section_title,
        document=found.document,
        start=found.start,
        end=found.start + len(text),
        text=text,
    )


@router.get("/v1/documents/{name:path}", summary="A passage in context")
async def document(
    name: Annotated[str, Path(examples=["咖啡机手册.md"])],
    runtime: Current,
    start: Annotated[int, Query(ge=0, description="First code point.")] = 0,
    end: Annotated[int | None, Query(ge=0, description="Code point after the last; default: to the end.")] = None,
) -> contract.DocumentResponse:
    """Return document[start:end] in code points; the outline is served exactly as its file."""
    snapshot = runtime.snapshot()
    text = snapshot.documents.get(name)
    if text is None:
        raise ProblemError(404, f"There is no document {name!r} in this index.")
    stop = len(text) if end is None else end
    if not start <= stop <= len(text):
        raise ProblemError(422, f"start {start} and end {stop} must rise and stay within 0..{len(text)}")
    return contract.DocumentResponse(
        document=name,
        start=start,
        end=stop,
        text=text[start:stop],
        length=len(text),
        index_version=snapshot.manifest.version,
    )
