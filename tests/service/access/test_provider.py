"""Tokens of an identity provider, checked against one that really serves its keys."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from service.access import provider
from service.access.provider import DISCOVERY, Grant, Provider, ProviderAwayError, TokenRefusedError

STAFF = Grant(("ask", "read"), ("staff/*",))
BOARD = Grant(("search",), ("board.md",))


@dataclass
class Issuer:
    """An issuer on this machine; `asked` are the paths that were fetched."""

    keys: list[Any]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def token(self, key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        key = key or self.keys[0]
        kind = {"RSA": "RS256", "EC": "ES256", "oct": "HS256"}[key.key_type]
        known = {"iss": self.url, "aud": "outline-qa", "sub": "u-1", "exp": int(time.time()) + 300, "groups": ["staff"]}
        merged = {name: value for name, value in (known | claims).items() if value is not None}
        return jwt.encode({"alg": kind, "kid": key.kid} | (header or {}), merged, key, algorithms=[kind])


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer([RSAKey.generate_key(2048, {"kid": "one"})])

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            told = {"issuer": made.url, "jwks_uri": f"{made.url}/keys"} if self.path == DISCOVERY else None
            keys = [key.as_dict(private=False) for key in made.keys]
            keys.append({"kty": "oct", "k": "c2VjcmV0", "kid": "shared"})
            body = json.dumps(told or {"keys": keys}).encode()
            self.send_response(503 if made.down else 200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = Thread(target=server.serve_forever)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def checking(issuer: Issuer) -> Provider:
    return Provider(issuer.url, "outline-qa", None, "groups", {"staff": STAFF, "board": BOARD})


def test_a_token_and_its_groups(issuer: Issuer, checking: Provider) -> None:
    principal = asyncio.run(checking.principal(issuer.token(groups=["staff", "board", "unknown"])))
    assert principal.id == "subject:u-1"
    assert principal.rights == {"ask", "read", "search"}
    assert principal.readable is not None
    assert principal.readable.allows("staff/a.md", None)
    assert principal.readable.allows("board.md", None)
    assert not principal.readable.allows("hr.md", None)
    one = asyncio.run(checking.principal(issuer.token(groups="board", aud=["other", "outline-qa"])))
    assert one.rights == {"search"}


def by_public_key(issuer: Issuer) -> str:
    """Sign with the public key as if it were a secret: what is taken where the token chooses the algorithm."""
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "one"}).encode()).decode().rstrip("=")
    signed = f"{head}.{issuer.token().split('.')[1]}"
    digest = hmac.digest(issuer.keys[0].as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def test_what_opens_nothing(issuer: Issuer, checking: Provider) -> None:
    other = RSAKey.generate_key(2048, {"kid": "one"})
    shared = OctKey.generate_key(256, {"kid": "shared"})
    now, good = int(time.time()), issuer.token()
    head, body, signature = good.split(".")
    none = f"eyJhbGciOiJub25lIn0.{body}."
    refused = {
        "another key": issuer.token(other),
        "a shared secret": issuer.token(shared),
        "its public key as a shared secret": by_public_key(issuer),
        "no signature": none,
        "a changed body": f"{head}.{body[:-4]}AAAA.{signature}",
        "another issuer": issuer.token(iss="http://evil.example"),
        "another audience": issuer.token(aud="mail"),
        "no audience": issuer.token(aud=None),
        "too old": issuer.token(exp=now - 120),
        "for ever": issuer.token(exp=None),
        "not yet": issuer.token(nbf=now + 600),
        "nobody": issuer.token(sub=None),
        "no group": issuer.token(groups=[]),
        "a foreign group": issuer.token(groups=["guests"]),
        "no token": "a.b.c",
        "odd": "é.b.c",
    }
    for why, token in refused.items():
        with pytest.raises(TokenRefusedError) as told:
            asyncio.run(checking.principal(token))
        assert token not in str(told.value), why


def test_keys_are_kept_and_rotated(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        checking = Provider(issuer.url, "outline-qa", None, "groups", {"staff": STAFF})
        for _ in range(5):
            await checking.principal(issuer.token())
        assert issuer.asked == [DISCOVERY, "/keys"]
        issuer.keys = [ECKey.generate_key("P-256", {"kid": "two"})]
        with pytest.raises(TokenRefusedError):  # looked a moment ago
            await checking.principal(issuer.token())
        monkeypatch.setattr(provider, "AGAIN", 0)
        await checking.principal(issuer.token())
        assert issuer.asked[2:] == ["/keys"]

    asyncio.run(run())


def test_while_the_provider_is_away(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        checking = Provider(issuer.url, "outline-qa", f"{issuer.url}/keys", "groups", {"staff": STAFF})
        issuer.down = True
        for _ in range(2):
            with pytest.raises(ProviderAwayError):
                await checking.principal(issuer.token())
        monkeypatch.setattr(provider, "AGAIN", 0)
        issuer.down = False
        await checking.principal(issuer.token())
        issuer.down = True
        monkeypatch.setattr(provider, "FRESH", 0)
        await checking.principal(issuer.token())

    asyncio.run(run())
