"""Bearer tokens of an identity provider (RFC 9068): checked against its keys, its groups read as rights."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import httpx

from service.access.principal import Principal
from service.access.readable import Readable
from service.access.rights import Right

log = logging.getLogger(__name__)
# Asymmetric ones alone: with any other, who can check a token could make one.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
LEEWAY = 60  # seconds that clocks may differ
FRESH = 3600.0  # seconds that keys are taken for the provider's
AGAIN = 30.0  # seconds between looks for a key that is not known, or after a failure
TIMEOUT = 5.0
DISCOVERY = "/.well-known/openid-configuration"


class TokenRefusedError(Exception):
    """A token that opens nothing; the text says why, and holds nothing of it."""


class ProviderAwayError(Exception):
    """The provider's keys cannot be had, so no token can be checked."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a group may do, and the documents that it may read."""

    rights: tuple[Right, ...]
    documents: tuple[str, ...]


class Provider:
    """Checks tokens of one issuer for one audience; fetches its keys when they are old, or one is new."""

    def __init__(self, issuer: str, audience: str, jwks: str | None, claim: str, groups: Mapping[str, Grant]) -> None:
        """Without the address of the keys (`jwks`) the issuer is asked for it. Raises ValueError without joserfc."""
        if find_spec("joserfc") is None:
            raise ValueError("tokens of an identity provider need an extra: pip install 'outline-qa[oidc]'")
        self._issuer, self._audience, self._claim, self._groups = issuer, audience, claim, groups
        self._jwks, self._keys, self._fetched, self._tried = jwks, _no_keys(), 0.0, -AGAIN
        self._lock = asyncio.Lock()

    async def principal(self, token: str) -> Principal:
        """Return whom a token names, with what all its groups may; raises TokenRefusedError, ProviderAwayError."""
        from joserfc import jws
        from joserfc.errors import JoseError

        try:
            known = jws.extract_compact(token.encode()).headers().get("kid")
        except (JoseError, ValueError) as error:
            raise TokenRefusedError("it is no JSON Web Token") from error
        await self._refresh(str(known) if known else None)
        claims = self._claims(token)
        named = claims.get(self._claim, [])
        groups = [named] if isinstance(named, str) else [each for each in named if isinstance(each, str)]
        granted = [self._groups[group] for group in groups if group in self._groups]
        if not granted:
            raise TokenRefusedError(f"none of its groups (claim {self._claim!r}) may do anything here")
        rights = frozenset(right for grant in granted for right in grant.rights)
        documents = [pattern for grant in granted for pattern in grant.documents]
        return Principal(f"subject:{claims['sub']}", "provider", rights, Readable.of(documents))

    def _claims(self, token: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            decoded = jwt.decode(token, self._keys, algorithms=list(ALGORITHMS))
            jwt.JWTClaimsRegistry(
                leeway=LEEWAY,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": self._audience},
                exp={"essential": True},
                sub={"essential": True},
            ).validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise TokenRefusedError(f"it does not hold: {type(error).__name__}") from error
        return dict(decoded.claims)

    async def _refresh(self, kid: str | None) -> None:
        """Fetch the keys where they are old or lack one; keys that were fetched hold on while the provider is away."""
        async with self._lock:
            now = time.monotonic()
            fresh = now - self._fetched < FRESH and any(kid in (None, key.kid) for key in self._keys.keys)
            if fresh or now - self._tried < AGAIN:
                if not self._keys.keys:
                    raise ProviderAwayError
                return
            self._tried = now
            try:
                self._keys = await self._fetch()
                self._fetched = now
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
                log.error("the keys of %s cannot be had: %s", self._issuer, error)
                if not self._keys.keys:
                    raise ProviderAwayError from error

    async def _fetch(self) -> Any:
        from joserfc.jwk import KeySet

        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            if self._jwks is None:
                found = await client.get(self._issuer.rstrip("/") + DISCOVERY)
                found.raise_for_status()
                if found.json()["issuer"] != self._issuer:
                    raise ValueError(f"{self._issuer!r} says of itself that it is another issuer")
                self._jwks = str(found.json()["jwks_uri"])
            reply = await client.get(self._jwks)
            reply.raise_for_status()
            return KeySet.import_key_set({"keys": _asymmetric(reply.json()["keys"])})


def _asymmetric(keys: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(key) for key in keys if key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"]


def _no_keys() -> Any:
    from joserfc.jwk import KeySet

    return KeySet([])
