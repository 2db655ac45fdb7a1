"""Puts /mcp into an app, or, where the extra is not installed, a word of how to install it."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.api.desk import Desk
from service.api.problems import problem

PATH = "/mcp"
METHODS = ["GET", "POST", "DELETE"]
HEADERS = ["Mcp-Protocol-Version", "Mcp-Session-Id", "Mcp-Method", "Mcp-Name", "Last-Event-ID"]  # a page may send these

Running = Callable[[], AbstractAsyncContextManager[None]]


def mount_mcp(app: FastAPI, desk: Desk, origins: Collection[str]) -> Running:
    """Add the route; the app's life is within what is returned."""
    if find_spec("mcp") is None:
        app.router.routes.append(Route(PATH, _missing, methods=METHODS))
        return _nothing
    from service.api.mcp.endpoint import McpEndpoint  # the SDK is an extra, and takes its time to load

    endpoint = McpEndpoint(desk, origins)
    app.router.routes.append(Route(PATH, endpoint, methods=METHODS))
    return endpoint.running


async def _missing(request: Request) -> Response:
    request_id = str(request.scope.get("request_id", ""))
    told = "MCP is an extra that is not installed here: pip install 'outline-qa[mcp]'."
    return problem(501, told, request_id=request_id)


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield
