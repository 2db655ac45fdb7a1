"""Which names the service answers under: a page whose name was bound anew to this address is none of its own."""

import ipaddress
import socket
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problems import problem

ANY = "*"
PROBES = ("/healthz", "/readyz")  # load balancers ask under names of their own


class Hosts:
    """Refuse requests under other names with 421 (RFC 9110, section 15.5.20).

    Addresses, names without a dot and those of this machine are its own: no stranger can have a page under one.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = {name.lower() for name in (*hosts, socket.gethostname(), socket.getfqdn())}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES or self._is_own(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
            return
        told = "The service does not answer under this name; OUTLINE_QA_HOSTS lists those that it has."
        await problem(421, told, request_id=str(scope.get("request_id", "")))(scope, receive, send)

    def _is_own(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        name = name.strip("[]").rstrip(".").lower()
        if ANY in self._hosts or name in self._hosts or "." not in name.removesuffix(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
