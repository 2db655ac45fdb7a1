"""/v1/admin: keys made, listed, rotated and revoked, and what was done, by keys that may `admin`."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from service.access.entrance import Entrance
from service.access.keys import Key, NewKey
from service.access.principal import Allowance
from service.api.admin import bodies
from service.api.admin.acts import actor, do, moment

router = APIRouter(prefix="/v1/admin", tags=["admin"])
Id = Annotated[str, Path(examples=["k-3f0c2a9b1d7e"])]
NEWEST = 1000
LARGEST = 2**63 - 1  # number that a database holds


@router.get("/keys", summary="All keys")
async def keys(request: Request) -> bodies.KeysResponse:
    """List all keys, oldest first, revoked ones too; secrets are shown nowhere."""
    listed = await do(_entrance(request).keys.listed)
    return bodies.KeysResponse(keys=[_shown(key) for key in listed])


@router.post("/keys", summary="Make a key", status_code=201)
async def make(body: bodies.KeyRequest, request: Request) -> bodies.SecretResponse:
    """Make a key; its secret is in this reply and nowhere else."""
    new = NewKey(
        body.name,
        tuple(body.scopes),
        tuple(body.documents),
        body.expires.timestamp() if body.expires else None,
        Allowance(body.per_minute, body.at_once, body.tokens_a_day),
    )
    key, secret = await do(lambda: _entrance(request).keys.make(new, actor()))
    return bodies.SecretResponse(key=_shown(key), secret=secret)


@router.post("/keys/{id}/rotate", summary="Give a key another secret")
async def rotate(id: Id, body: bodies.RotateRequest, request: Request) -> bodies.SecretResponse:
    """Give a key another secret; the old one holds for `keep_seconds` more, so that programs can change over."""
    key, secret = await do(lambda: _entrance(request).keys.rotate(id, body.keep_seconds, actor()))
    return bodies.SecretResponse(key=_shown(key), secret=secret)


@router.delete("/keys/{id}", summary="Revoke a key")
async def revoke(id: Id, request: Request) -> bodies.KeyResponse:
    """Revoke a key for good, from the next request on."""
    return _shown(await do(lambda: _entrance(request).keys.revoke(id, actor())))


@router.get("/audit", summary="What was done")
async def audit(
    request: Request,
    after: Annotated[int, Query(ge=0, le=LARGEST, description="The number of the last one known.")] = 0,
) -> bodies.AuditResponse:
    """List the acts behind a number, in order; nothing changes or deletes them."""
    acts = await do(lambda: _entrance(request).ledger.acts(after, NEWEST))
    return bodies.AuditResponse(acts=[bodies.act(each) for each in acts])


def _entrance(request: Request) -> Entrance:
    found: Entrance = request.app.state.entrance
    return found


def _shown(key: Key) -> bodies.KeyResponse:
    return bodies.KeyResponse(
        id=key.id,
        name=key.name,
        scopes=list(key.rights),
        documents=list(key.documents),
        prefixes=list(key.prefixes),
        created=moment(key.created),
        expires=None if key.expires is None else moment(key.expires),
        revoked=None if key.revoked is None else moment(key.revoked),
        last_used=None if key.used is None else moment(key.used),
        **asdict(key.allowance),
    )
