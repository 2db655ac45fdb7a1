"""GET /admin: a page to upload documents and to see what the index holds; what it shows needs an admin's key."""

from functools import partial

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route

from service.api.widget import BUILT, PAGE, REVALIDATE, file_reply

FILES = {"/admin": "text/html", "/admin.js": "text/javascript", "/admin.css": "text/css"}


def mount(app: FastAPI) -> None:
    """Serve the page and its two files."""
    for path, media in FILES.items():
        name = "admin.html" if path == "/admin" else path.removeprefix("/")
        headers = (PAGE if media == "text/html" else {}) | REVALIDATE
        file = GZipMiddleware(partial(file_reply, BUILT / name, media, headers))
        app.router.routes.append(Route(path, file, methods=["GET"]))
