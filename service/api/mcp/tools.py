"""The tools: what each takes and gives, and how it is asked of a desk."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from mcp_types import CallToolResult, ResourceLink, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel, Field

from service.api import contract
from service.api.desk import Desk
from service.api.mcp.text import answer_text, outline_text, plain, results_text
from service.api.mcp.uri import PassageName, parse_uri
from service.api.places import title
from service.api.refusal import ProblemError
from service.api.stream import DeltaEvent, DoneEvent

Tell = Callable[[str], Awaitable[None]]
READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)  # they change nothing, and know the indexed documents only


class AskArguments(contract.Model):
    """What `ask` takes."""

    question: contract.Text = Field(description="One question, in Chinese or English.", examples=["怎么除垢？"])
    history: contract.History = Field(default=[], description="Earlier messages, oldest first.")
    filters: contract.Filters | None = None
    language: Literal["auto", "zh", "en"] = Field("auto", description="Of what the service says itself.")


class SearchArguments(contract.Model):
    """What `search` takes."""

    query: contract.Text = Field(description="Words or a question, in Chinese or English.", examples=["除垢"])
    k: int = Field(10, ge=1, le=50, description="Results wanted.")
    filters: contract.Filters | None = None


class FetchArguments(contract.Model):
    """What `fetch` takes."""

    id: str = Field(
        min_length=1,
        max_length=2000,
        description="As search, ask and outline name it: outline-qa://documents/NAME?start=&end=, "
        "outline-qa://entries/ID?document=, or an entry's id such as 3.8.",
    )


class OutlineArguments(contract.Model):
    """What `outline` takes: nothing."""


class NamedResult(contract.Result):
    """A passage found, as search and fetch name it."""

    id: str = Field(description="For fetch.")
    title: str
    url: str


class SearchReply(contract.Model):
    """What `search` gives."""

    query: str
    index_version: str
    degraded: str | None
    results: list[NamedResult]


class FetchReply(contract.Place):
    """What `fetch` gives: text == document[start:end]."""

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class ToolKind:
    """A tool: `call` asks a desk with checked arguments, and tells how far it is."""

    title: str
    about: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    call: Callable[[Desk, Any, Tell], Awaitable[CallToolResult]]


async def _ask(desk: Desk, given: AskArguments, tell: Tell) -> CallToolResult:
    request = contract.AskRequest.model_validate({**given.model_dump(), "stream": True})
    async with aclosing(desk.ask(request)) as events:
        async for event in events:
            if isinstance(event, DeltaEvent):
                await tell(event.data.text)
            if isinstance(event, DoneEvent):
                links = [_link(citation) for citation in event.data.citations]
                return _result(answer_text(event.data), event.data, *links)
    raise ProblemError(502, "The answer broke off; ask again.")


async def _search(desk: Desk, given: SearchArguments, _: Tell) -> CallToolResult:
    reply = await desk.search(contract.SearchRequest.model_validate(given.model_dump()))
    names = [str(PassageName(each.document, each.start, each.end)) for each in reply.results]
    hits = [
        NamedResult(**each.model_dump(), id=name, title=title(each), url=name)
        for name, each in zip(names, reply.results, strict=True)
    ]
    found = SearchReply(query=reply.query, index_version=reply.index_version, degraded=reply.degraded, results=hits)
    return _result(results_text(reply, names), found)


async def _fetch(desk: Desk, given: FetchArguments, _: Tell) -> CallToolResult:
    name = parse_uri(given.id)
    if isinstance(name, PassageName):
        part = await desk.document(name.document, name.start, name.end)
        place = contract.Place(document=part.document, start=part.start, end=part.end)
        heading, text, version = part.document, part.text, {"index_version": part.index_version}
    else:
        entry = await desk.entry(name.id, name.document)
        place = contract.Place(document=entry.document, start=entry.start, end=entry.end)
        heading, text, version = f"{entry.id} {entry.question}", entry.text, {"section": entry.section_title}
    found = FetchReply(
        **place.model_dump(), id=given.id, title=heading, text=text, url=str(PassageName(**place.model_dump())),
        metadata=version,
    )  # fmt: skip
    return _result(f"{heading}\n\n{plain(text)}", found)


async def _outline(desk: Desk, _: OutlineArguments, __: Tell) -> CallToolResult:
    reply = await desk.outline()
    return _result(outline_text(reply), reply)


def _result(text: str, found: BaseModel, *links: ResourceLink) -> CallToolResult:
    content = [TextContent(type="text", text=text), *links]
    return CallToolResult(content=content, structured_content=found.model_dump(mode="json"))


def _link(citation: contract.Citation) -> ResourceLink:
    uri = str(PassageName(citation.document, citation.start, citation.end))
    return ResourceLink(
        type="resource_link", uri=uri, name=f"[{citation.n}] {citation.document}", title=title(citation),
        description=citation.quote, mime_type="text/markdown",
    )  # fmt: skip


KINDS: Mapping[str, ToolKind] = {
    "ask": ToolKind(
        "Ask the documents",
        "Answer a question from the indexed documents. Every sentence that states something has a mark [n], and each n "
        "a verbatim quote with its offsets. Where the documents have no answer it says so: do not answer in its place.",
        AskArguments,
        contract.AskResponse,
        _ask,
    ),
    "search": ToolKind(
        "Search the documents",
        "Find the passages nearest to a query, best first, each with the id that fetch takes.",
        SearchArguments,
        SearchReply,
        _search,
    ),
    "fetch": ToolKind(
        "Fetch a passage",
        "Return the text of a passage, a document or an entry by the id that another tool gave.",
        FetchArguments,
        FetchReply,
        _fetch,
    ),
    "outline": ToolKind(
        "List the contents",
        "List the documents, and the sections and entries of outlines, with stars and whether an entry has an answer.",
        OutlineArguments,
        contract.OutlineResponse,
        _outline,
    ),
}


@cache
def described() -> tuple[Tool, ...]:
    """Return the tools as a client lists them, always in the same order; made once, for schemas take milliseconds."""
    return tuple(
        Tool(
            name=name,
            title=kind.title,
            description=kind.about,
            input_schema=kind.takes.model_json_schema(),
            output_schema=kind.gives.model_json_schema(mode="serialization"),
            annotations=READS,
        )
        for name, kind in KINDS.items()
    )
