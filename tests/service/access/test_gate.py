"""The gate: who comes in where, what they may do, and how much of it."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.access.credentials import first_key, is_loopback
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.principal import Allowance
from service.access.rights import RIGHTS, Right
from service.access.settings import AccessSettings
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings

ASK = {"question": "什么是 LoRA？"}
Open = Callable[..., TestClient]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.sqlite"


@pytest.fixture
def keys(path: Path) -> LedgerKeys:
    return LedgerKeys(Ledger(path))


@pytest.fixture
def serve(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, path: Path) -> Iterator[Open]:
    clients: list[TestClient] = []

    def open_client(host: str = "127.0.0.1", **access: object) -> TestClient:
        own = settings.model_copy(update={"host": host, "access": AccessSettings(path=path, **access)})
        client = TestClient(create_app(Service(own, embedder)))
        clients.append(client.__enter__())
        return client

    yield open_client
    for client in clients:
        client.__exit__(None, None, None)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_open_on_loopback_until_there_is_a_key(serve: Open, keys: LedgerKeys) -> None:
    client = serve()
    assert client.post("/v1/ask", json=ASK, headers=bearer("sk-whatever")).status_code == 200
    assert client.post("/v1/ask", json=ASK, headers=bearer("oq_forged")).status_code == 401
    assert client.get("/metrics").status_code == 200
    assert client.get("/v1/admin/keys").status_code == 403
    key, secret = keys.make(NewKey("one", ("ask",)), "test")
    assert client.post("/v1/ask", json=ASK).status_code == 401
    assert client.post("/v1/ask", json=ASK, headers=bearer(secret)).status_code == 200
    keys.revoke(key.id, "test")
    assert client.post("/v1/ask", json=ASK).status_code == 401
    assert client.post("/v1/ask", json=ASK, headers=bearer(secret)).status_code == 401


def test_closed_on_other_addresses(serve: Open, keys: LedgerKeys) -> None:
    client = serve("0.0.0.0")
    refused = client.post("/v1/ask", json=ASK)
    assert refused.status_code == 401
    assert "outline-qa keys make" in refused.json()["detail"]
    made = first_key(keys, "start")
    assert made is not None
    assert first_key(keys, "start") is None
    assert client.get("/v1/admin/keys", headers=bearer(made[1])).status_code == 200


def test_a_setting_opens_it(serve: Open) -> None:
    client = serve("0.0.0.0", open=True)
    assert client.post("/v1/ask", json=ASK).status_code == 200
    assert client.get("/v1/admin/keys").status_code == 403


def test_each_right_opens_its_doors_alone(serve: Open, keys: LedgerKeys) -> None:
    doors: dict[Right, tuple[str, str]] = {
        "ask": ("POST", "/v1/ask"),
        "search": ("POST", "/v1/search"),
        "read": ("GET", "/v1/outline"),
        "feedback": ("POST", "/v1/feedback"),
        "admin": ("GET", "/v1/admin/keys"),
        "eval": ("GET", "/metrics"),
    }
    client = serve()
    for right in RIGHTS:
        _, secret = keys.make(NewKey(right, (right,)), "test")
        for other, (method, door) in doors.items():
            status = client.request(method, door, headers=bearer(secret)).status_code
            assert (status != 403) is (right == other), (right, door, status)
            assert status != 401


def test_openai_clients_are_refused_in_their_own_words(serve: Open) -> None:
    reply = serve("0.0.0.0").post("/v1/chat/completions", json={}, headers=bearer("oq_no"))
    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "invalid_api_key"


def test_what_anybody_may_read(serve: Open) -> None:
    client = serve("0.0.0.0", public=["*.md"])
    assert client.post("/v1/ask", json=ASK).status_code == 200
    assert client.get("/metrics").status_code == 403
    assert client.post("/v1/ask", json=ASK, headers=bearer("wrong")).status_code == 401


def test_keys_over_http(serve: Open, keys: LedgerKeys, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, admin = keys.make(NewKey("admin", ("admin",)), "test")
    client = serve()
    body = {"name": "desk", "scopes": ["ask"], "documents": ["*.md"], "expires": "2999-01-01T00:00:00Z", "at_once": 2}
    made = client.post("/v1/admin/keys", json=body, headers=bearer(admin))
    assert made.status_code == 201
    secret, key = made.json()["secret"], made.json()["key"]
    assert (key["scopes"], key["at_once"], key["last_used"]) == (["ask"], 2, None)
    assert client.post("/v1/ask", json=ASK, headers=bearer(secret)).status_code == 200
    rotated = client.post(f"/v1/admin/keys/{key['id']}/rotate", json={"keep_seconds": 60}, headers=bearer(admin))
    assert len(rotated.json()["key"]["prefixes"]) == 2
    second = rotated.json()["secret"]
    for each in (secret, second):
        assert client.post("/v1/ask", json=ASK, headers=bearer(each)).status_code == 200
    assert client.delete(f"/v1/admin/keys/{key['id']}", headers=bearer(admin)).json()["revoked"]
    for each in (secret, second):
        assert client.post("/v1/ask", json=ASK, headers=bearer(each)).status_code == 401
    acts = client.get("/v1/admin/audit?after=1", headers=bearer(admin)).json()["acts"]
    for after, status in ((2**63 - 1, 200), (2**63, 422)):
        assert client.get(f"/v1/admin/audit?after={after}", headers=bearer(admin)).status_code == status
    assert [act["act"] for act in acts] == ["key.make", "key.rotate", "key.revoke"]
    assert all(act["who"].startswith("key:k-") for act in acts)
    assert (acts[2]["before"]["revoked"], acts[2]["after"]["revoked"] is None) == (None, False)
    listed = client.get("/v1/admin/keys", headers=bearer(admin))
    shown = listed.text + str(acts) + caplog.text + client.get("/metrics", headers=bearer(admin)).text
    for each in (secret, second, admin):
        assert each not in shown


@pytest.mark.parametrize(
    ("method", "door", "body", "status"),
    [
        ("POST", "/v1/admin/keys", {"name": "x", "scopes": ["fly"]}, 422),
        ("POST", "/v1/admin/keys", {"name": "x", "scopes": ["ask"], "expires": "2001-01-01T00:00:00Z"}, 409),
        ("POST", "/v1/admin/keys", {"name": " ", "scopes": ["ask"]}, 422),
        ("DELETE", "/v1/admin/keys/k-none", None, 404),
        ("POST", "/v1/admin/keys/k-none/rotate", {}, 404),
    ],
)
def test_what_admin_refuses(
    serve: Open, keys: LedgerKeys, method: str, door: str, body: dict[str, object] | None, status: int
) -> None:
    _, admin = keys.make(NewKey("admin", ("admin",)), "test")
    assert serve().request(method, door, json=body, headers=bearer(admin)).status_code == status


def test_requests_a_minute(serve: Open, keys: LedgerKeys) -> None:
    client = serve()
    secrets = [keys.make(NewKey(n, ("ask", "read"), allowance=Allowance(per_minute=2)), "test")[1] for n in "ab"]
    for left in (1, 0):
        reply = client.post("/v1/ask", json=ASK, headers=bearer(secrets[0]))
        assert reply.headers["RateLimit-Policy"] == '"minute";q=2;w=60'
        assert reply.headers["RateLimit"].startswith(f'"minute";r={left};t=')
    over = client.post("/v1/ask", json=ASK, headers=bearer(secrets[0]))
    assert over.status_code == 429
    assert 1 <= int(over.headers["Retry-After"]) <= 60
    assert client.get("/v1/outline", headers=bearer(secrets[0])).status_code == 200
    assert client.post("/v1/ask", json=ASK, headers=bearer(secrets[1])).status_code == 200


def test_tokens_a_day(serve: Open, keys: LedgerKeys) -> None:
    """The answer that passes the limit is whole; the next is refused, by whatever door."""
    client = serve()
    _, secret = keys.make(NewKey("small", ("ask",), allowance=Allowance(tokens_a_day=10)), "test")
    assert client.post("/v1/ask", json=ASK, headers=bearer(secret)).json()["status"] == "answered"
    over = client.post(
        "/v1/chat/completions",
        json={"model": "outline-qa", "messages": [{"role": "user", "content": "LoRA?"}]},
        headers=bearer(secret),
    )
    assert over.status_code == 429
    assert over.headers["RateLimit-Policy"] == '"tokens-a-day";q=10;w=86400'
    assert int(over.headers["Retry-After"]) > 60


def test_at_once(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, path: Path) -> None:
    keys = LedgerKeys(Ledger(path))
    _, one = keys.make(NewKey("one", ("ask",), allowance=Allowance(at_once=1)), "test")
    _, other = keys.make(NewKey("other", ("ask",)), "test")
    app = create_app(Service(settings.model_copy(update={"access": AccessSettings(path=path)}), embedder))

    async def run() -> list[int]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=120) as client:
                asks = [
                    client.post("/v1/ask", json={"question": f"什么是 LoRA？{n}"}, headers=bearer(secret))
                    for n, secret in enumerate((one, one, other))
                ]
                return [reply.status_code for reply in await asyncio.gather(*asks)]

    assert asyncio.run(run()) == [200, 429, 200]
