"""POST /v1/search?format=anthropic: results as the blocks that Anthropic's models cite, one text block a sentence."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import Field

from ingest.parse.sentences import sentence_spans
from service.api import contract, search
from service.api.formats import FormatRoute
from service.api.places import address, title
from service.api.runtime import Admitted, Current

router = APIRouter(tags=["questions"], route_class=FormatRoute)


class TextBlock(contract.Model):
    """A sentence, as it stands in the document."""

    type: Literal["text"] = "text"
    text: str


class CitationsSwitch(contract.Model):
    enabled: bool = True


class ResultBlock(contract.Model):
    """A content block of a message or of a tool's result, as it is."""

    type: Literal["search_result"] = "search_result"
    source: str = Field(description="Opens the passage.")
    title: str
    content: list[TextBlock]
    citations: CitationsSwitch = CitationsSwitch()


class BlockResponse(contract.Model):
    """`results` go into a message; `places[i][j]` is where block j of result i stands: document[start:end] == text."""

    query: str
    index_version: str
    results: list[ResultBlock]
    places: list[list[contract.Place]]
    degraded: str | None


@router.post("/v1/search", dependencies=[Admitted], include_in_schema=False)
async def blocks(body: contract.SearchRequest, request: Request, runtime: Current) -> BlockResponse:
    """Find passages, cut into sentences so that `start_block_index` of a citation names one."""
    reply = await search.search(body, runtime)
    places = [_places(each) for each in reply.results]
    return BlockResponse(
        query=reply.query,
        index_version=reply.index_version,
        results=[
            ResultBlock(
                source=address(str(request.base_url), each),
                title=title(each),
                content=[TextBlock(text=each.text[p.start - each.start : p.end - each.start]) for p in own],
            )
            for each, own in zip(reply.results, places, strict=True)
        ],
        places=places,
        degraded=reply.degraded,
    )


def _places(found: contract.Result) -> list[contract.Place]:
    spans = sentence_spans(found.text) or [(0, len(found.text))]
    return [
        contract.Place(document=found.document, start=found.start + start, end=found.start + end)
        for start, end in spans
    ]
