"""The resources: documents and entries, by the addresses that citations have."""

from mcp_types import ListResourcesResult, ReadResourceResult, Resource, ResourceTemplate, TextResourceContents

from service.api.desk import Desk
from service.api.mcp.uri import SCHEME, EntryName, PassageName, parse_uri

MARKDOWN = "text/markdown"
PAGE = 200  # resources a page
TEMPLATES = [
    ResourceTemplate(
        uri_template=f"{SCHEME}://documents/{{name}}{{?start,end}}",
        name="passage",
        title="A document, or code points start to end of it",
        mime_type=MARKDOWN,
    ),
    ResourceTemplate(
        uri_template=f"{SCHEME}://entries/{{id}}{{?document}}",
        name="entry",
        title="An entry of an outline",
        mime_type=MARKDOWN,
    ),
]


async def list_resources(desk: Desk, cursor: str | None) -> ListResourcesResult:
    """List documents, then entries; `cursor` is what the last page gave. Raises ValueError for another."""
    contents = await desk.outline()
    found = [
        Resource(uri=str(PassageName(name)), name=name, title=name, mime_type=MARKDOWN) for name in contents.documents
    ]
    found += [
        Resource(
            uri=str(EntryName(entry.id, section.document)),
            name=f"{entry.id} {entry.question}",
            title=entry.question,
            description=section.title if entry.answered else f"{section.title}; listed without an answer",
            mime_type=MARKDOWN,
        )
        for section in contents.sections
        for entry in section.entries
    ]
    first = int(cursor or 0)
    more = str(first + PAGE) if first + PAGE < len(found) else None
    return ListResourcesResult(resources=found[first : first + PAGE], next_cursor=more)


async def read_resource(desk: Desk, uri: str) -> ReadResourceResult:
    """Return the text at an address; raises UriError and ProblemError."""
    name = parse_uri(uri)
    if isinstance(name, PassageName):
        text = (await desk.document(name.document, name.start, name.end)).text
    else:
        text = (await desk.entry(name.id, name.document)).text
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, text=text, mime_type=MARKDOWN)])
