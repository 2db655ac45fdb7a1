"""GET /v1/originals/{name}: the file that a document was read from."""

from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse

from ingest.index.originals import Originals
from service.api.problems import ProblemError
from service.api.runtime import Current

# By suffix: what a browser is told of a file. Others are bytes to it.
MEDIA = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".epub": "application/epub+zip",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".ipynb": "application/x-ipynb+json",
    ".rst": "text/x-rst",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
}
BYTES = "application/octet-stream"
SHOWN = ".pdf"  # all else is saved, not shown: a page of somebody else's must not look like one of the service's
# Whatever a file holds, nothing in it acts where a browser shows it.
SAFE = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cross-Origin-Resource-Policy": "same-site"}
KEPT = {"Cache-Control": "private, no-cache"}
REPLY: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "The part of it that `Range` names"},
    304: {"description": "The reader has it"},
    416: {"description": "`Range` names no part of it"},
}

router = APIRouter(tags=["documents"])


@router.get("/v1/originals/{name:path}", summary="A document's file", response_class=FileResponse, responses=REPLY)
async def original(
    name: Annotated[str, Path(examples=["hr/leave.pdf"])], request: Request, runtime: Current
) -> Response:
    """Return the file as it was read: of what is no Markdown, and of what may be read whole."""
    snapshot = runtime.snapshot()
    if name not in snapshot.documents:
        raise ProblemError(404, f"There is no document {name!r} in this index.")
    digest = snapshot.manifest.originals.get(name, "")
    path = Originals(runtime.service.index.root).path(digest) if digest else None
    if path is None:
        raise ProblemError(
            404,
            f"The file of {name!r} is not kept: GET /v1/documents/{{name}} has its text. Kept are files of other "
            "formats than Markdown in which nothing was masked, by a build with OUTLINE_QA_READING__ORIGINALS=true.",
        )
    tag = f'"{digest[:20]}"'
    headers = SAFE | KEPT | {"ETag": tag, "Vary": "Origin, Authorization"}
    if tag in (each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    suffix = PurePosixPath(name).suffix.lower()
    return FileResponse(
        path,
        headers=headers,
        media_type=MEDIA.get(suffix, BYTES),
        filename=PurePosixPath(name).name,
        content_disposition_type="inline" if suffix == SHOWN else "attachment",
    )
