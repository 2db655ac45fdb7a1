"""HTTP GET that reaches public addresses only: the address that was looked at is the one that is connected to."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpcore

from ingest.sources.source import FetchError

AGENT = "outline-qa"
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
TIMES = {"connect": 10.0, "read": 30.0, "write": 10.0, "pool": 10.0}


class ForbiddenAddressError(Exception):
    """A name that leads into a private network."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_public(address: Address) -> bool:
    """Whether an address is reached over the internet, and so are those that it stands for."""
    within: list[Address | None] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        within += [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in NAT64:
            within.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return all(each.is_global and not each.is_multicast for each in within if each is not None)


def public_addresses(host: str, port: int, private: bool) -> list[str]:
    """Return the addresses of a host; raises ForbiddenAddressError where one is private and that is not allowed."""
    found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not private and not all(is_public(ipaddress.ip_address(each.partition("%")[0])) for each in found):
        raise ForbiddenAddressError(
            f"{host!r} is an address of this machine or of a private network; "
            "allow it by `private = true`, or OUTLINE_QA_SOURCES__PRIVATE=true"
        )
    return list(dict.fromkeys(found))


class _Public(httpcore.NetworkBackend):
    """Looks a name up once, and connects to what it found: another answer a moment later changes nothing."""

    def __init__(self, private: bool) -> None:
        self._private, self._inner = private, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = public_addresses(host, port, self._private)
        except OSError as error:
            raise httpcore.ConnectError(f"{host!r} has no address") from error
        for last, address in enumerate(addresses, 1 - len(addresses)):
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not last:
                    raise
        raise httpcore.ConnectError(f"{host!r} has no address")


@dataclass
class Connection:
    """Gets pages until `most` bytes or `seconds` are spent."""

    private: bool
    most: int
    seconds: float
    _spent: int = 0
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(), network_backend=_Public(self.private), max_connections=4
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def get(self, url: str) -> Response:
        """Return what is at an address, redirections as they are.

        Raises ForbiddenAddressError, SourceLimitError, and FetchError where nothing comes.
        """
        headers = [("User-Agent", AGENT), ("Accept", "*/*"), ("Accept-Encoding", "identity")]
        try:
            with self._pool.stream("GET", url, headers=headers, extensions={"timeout": TIMES}) as response:
                body = bytearray()
                for part in response.iter_stream():
                    body += part
                    self._spent += len(part)
                    self._check()
                names = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in response.headers}
                return Response(response.status, names, bytes(body))
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            raise FetchError(f"{url!r} cannot be reached: {error or type(error).__name__}") from error
        except (httpcore.UnsupportedProtocol, ValueError) as error:
            raise FetchError(f"{url!r} is no address that can be fetched: {error}") from error

    def _check(self) -> None:
        if self._spent > self.most:
            raise SourceLimitError(f"it sends more than {self.most >> 20:,} MB; raise sources.mb")
        if time.monotonic() - self._began > self.seconds:
            raise SourceLimitError(f"it takes longer than {self.seconds:g} s; raise sources.seconds")


class SourceLimitError(Exception):
    """A source that sends more, or takes longer, than it may."""
