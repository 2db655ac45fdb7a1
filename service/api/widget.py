"""The chat widget and its page, as files; GET /v1/widget, what it shows first; POST /v1/token for other pages."""

from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, get_args

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from ingest.index.snapshot import Snapshot
from service.api import contract
from service.api.documents import speech
from service.api.runtime import Current

BUILT = Path(__file__).parents[1] / "widget" / "built"
# No script, style or connection but the service's own; the page is never framed.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
# Any page may load the widget; what it may ask is decided by the gate.
PUBLIC = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
REVALIDATE = {"Cache-Control": "no-cache"}
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
FIRST, SHORT = 12, 40  # questions to begin with, and characters of those that come first

router = APIRouter(tags=["widget"])


@router.post("/v1/token", summary="A token for a page")
async def token(request: Request, runtime: Current) -> contract.TokenResponse:
    """Let a page of the service itself or of an allowed site ask for a while; others get 403."""
    tokens = runtime.tokens
    origin = request.headers.get("origin", "")
    return contract.TokenResponse(token=tokens.issue(origin), expires_in=tokens.seconds)


@router.get("/v1/widget", summary="What the widget shows first")
async def first(runtime: Current) -> contract.WidgetResponse:
    """Say how a page speaks of the documents, and what to ask first: less than a tenth of the outline."""
    snapshot = runtime.snapshot()
    return contract.WidgetResponse(
        speech=speech(snapshot), questions=_questions(snapshot), index_version=snapshot.manifest.version
    )


def _questions(snapshot: Snapshot) -> list[str]:
    """Return answered entries of the most stars, from one section after the other, short ones first.

    None where the documents' own words have questions in every language.
    """
    spoken = snapshot.pack.card.speech
    if all(language in spoken and spoken[language].questions for language in get_args(contract.Language)):
        return []
    answered = [entry for entry in snapshot.entries if entry.answered]
    most = max((entry.stars for entry in answered), default=0)
    sections: dict[tuple[str, int], list[str]] = {}
    for entry in answered:
        if entry.stars == most:
            sections.setdefault((entry.document, entry.section), []).append(entry.question)
    dealt = [one for one in chain.from_iterable(zip_longest(*sections.values())) if one]
    return sorted(dealt, key=lambda question: len(question) > SHORT)[:FIRST]


class Chunks(StaticFiles):
    """The widget's parts; a name that holds a hash of its content never changes."""

    def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(full_path, *args, **kwargs)
        hashed = Path(full_path).suffix in (".js", ".mjs")
        response.headers.update(PUBLIC | (FOREVER if hashed else REVALIDATE))
        return response


async def file_reply(
    path: Path, media: str, headers: dict[str, str], scope: Scope, receive: Receive, send: Send
) -> None:
    await FileResponse(path, media_type=media, headers=headers)(scope, receive, send)


def mount(app: FastAPI) -> None:
    """Serve the built files: the page, the script that a site names, and its parts."""
    for path, name, headers in (("/", "index.html", PAGE), ("/widget.js", "widget.js", PUBLIC)):
        media = "text/html" if name.endswith(".html") else "text/javascript"
        file = GZipMiddleware(partial(file_reply, BUILT / name, media, headers | REVALIDATE))
        app.router.routes.append(Route(path, file, methods=["GET"]))
    app.mount("/widget", GZipMiddleware(Chunks(directory=BUILT / "widget")))
