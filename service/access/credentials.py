"""Who a request is from: a key, a token of the identity provider, a visitor of an allowed page, or nobody."""

import hashlib
from collections.abc import Sequence
from ipaddress import ip_address

from service.access.keys import MARK, Key, Keys, NewKey
from service.access.principal import Principal, open_to
from service.access.provider import Provider, ProviderAwayError, TokenRefusedError
from service.access.readable import Readable
from service.access.rights import RIGHTS, VISITOR

HOW = "give a key: Authorization: Bearer oq_…; `outline-qa keys make` makes one"


class NotAdmittedError(Exception):
    """Nobody who may ask; `status` is HTTP's."""

    def __init__(self, told: str, status: int = 401) -> None:
        super().__init__(told)
        self.status = status


class Credentials:
    """Tells who asks. Closed means that a key is needed: on other addresses than loopback, and once there is a key."""

    def __init__(
        self,
        keys: Keys,
        provider: Provider | None,
        loopback: bool,
        opened: bool,
        pages: Sequence[str],
        public: Sequence[str],
    ) -> None:
        """`opened` asks for no keys anywhere; `pages` and `public` are the documents of visitors and of anybody."""
        self._keys, self._provider, self._loopback, self._opened = keys, provider, loopback, opened
        self._pages, self._public = tuple(pages), tuple(public)

    @property
    def closed(self) -> bool:
        """Whether a key is needed."""
        if self._opened:
            return False
        return not self._loopback or self._provider is not None or self._keys.any()

    async def principal(self, bearer: str, address: str, page: str | None) -> Principal:
        """Return who asks: by the bearer's text, the address, and the page whose token was good.

        Raises NotAdmittedError.
        """
        if bearer.startswith(MARK):
            if key := self._keys.find(bearer):
                return key.principal
            raise NotAdmittedError("The key is not known, or was revoked, or has expired.")
        if page is not None and self._pages:
            return Principal(f"page:{_short(page)}:{address}", "page", VISITOR, Readable.of(self._pages))
        if not self.closed:
            return open_to(address)
        if self._provider and bearer.count(".") == 2:
            return await self._of_provider(self._provider, bearer)
        if self._public and not bearer:
            return Principal(f"public:{address}", "public", VISITOR, Readable.of(self._public))
        raise NotAdmittedError(f"A key is needed: {HOW}.")

    async def _of_provider(self, provider: Provider, token: str) -> Principal:
        try:
            return await provider.principal(token)
        except TokenRefusedError as error:
            raise NotAdmittedError(f"The token is not good here: {error}.") from error
        except ProviderAwayError as error:
            told = "The identity provider's keys cannot be had at present, so tokens cannot be checked."
            raise NotAdmittedError(told, 503) from error


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def first_key(keys: Keys, who: str) -> tuple[Key, str] | None:
    """Make a key that may do everything where there has never been one; None where there is. Raises LedgerError."""
    return None if keys.any() else keys.make(NewKey("first", RIGHTS), who)


def _short(page: str) -> str:
    return hashlib.sha256(page.encode()).hexdigest()[:12]
