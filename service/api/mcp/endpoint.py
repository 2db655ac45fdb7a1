"""/mcp: the MCP server of the service, for programs; web pages only where they are the service's own or allowed."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from cachetools import LRUCache
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from service.access.principal import acting
from service.api.desk import Desk
from service.api.mcp.server import mcp_server
from service.api.problems import problem

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SESSION = "mcp-session-id"
SESSIONS = 1000  # of clients that speak an older version


class McpEndpoint:
    """An ASGI app; `running` keeps its sessions and is entered once."""

    def __init__(self, desk: Desk, origins: Collection[str]) -> None:
        self._sessions = StreamableHTTPSessionManager(mcp_server(desk), max_sessions=SESSIONS)
        self._origins = frozenset(origins)
        self._owners: LRUCache[str, str] = LRUCache(2 * SESSIONS)  # a session is its opener's alone

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self._sessions.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        origin = request.headers.get("origin")
        if origin is not None and not self._allowed(origin, request.headers.get("host", "")):
            told = f"Pages of {origin!r} may not use MCP here; OUTLINE_QA_WIDGET__ORIGINS lists those that may."
            reply = problem(403, told, request_id=str(scope.get("request_id", "")))
            await reply(scope, receive, send)
            return
        who, session = acting(), request.headers.get(SESSION, "")
        owner = who.id if who else ""
        if session and self._owners.get(session, owner) != owner:
            reply = problem(404, "There is no such session.", request_id=str(scope.get("request_id", "")))
            await reply(scope, receive, send)
            return

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                opened = Headers(raw=message["headers"]).get(SESSION)
                if opened and opened not in self._owners:
                    self._owners[opened] = owner
            await send(message)

        await self._sessions.handle_request(scope, receive, noted)

    def _allowed(self, origin: str, host: str) -> bool:
        """Whether a page may call: one that is allowed, or the service's own on this machine.

        Elsewhere a host's name proves nothing: another site's can be made to lead here (DNS rebinding).
        """
        parts = urlsplit(origin)
        return origin in self._origins or (parts.netloc == host and parts.hostname in LOOPBACK)
