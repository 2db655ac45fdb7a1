"""/v1/admin: keys made, listed, rotated and revoked, and what was done, by keys that may `admin`."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Query, Request

from service.access.entrance import Entrance
from service.access.keys import Key, KeysError, NewKey
from service.access.ledger import LedgerError
from service.access.principal import Allowance, acting
from service.api.admin import bodies
from service.api.problems import ProblemError

router = APIRouter(prefix="/v1/admin", tags=["admin"])
Id = Annotated[str, Path(examples=["k-3f0c2a9b1d7e"])]
Done = TypeVar("Done")
NEWEST = 1000


@router.get("/keys", summary="All keys")
async def keys(request: Request) -> bodies.KeysResponse:
    """List all keys, oldest first, revoked ones too; secrets are shown nowhere."""
    listed = await _do(_entrance(request).keys.listed)
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
    key, secret = await _do(lambda: _entrance(request).keys.make(new, _who()))
    return bodies.SecretResponse(key=_shown(key), secret=secret)


@router.post("/keys/{id}/rotate", summary="Give a key another secret")
async def rotate(id: Id, body: bodies.RotateRequest, request: Request) -> bodies.SecretResponse:
    """Give a key another secret; the old one holds for `keep_seconds` more, so that programs can change over."""
    key, secret = await _do(lambda: _entrance(request).keys.rotate(id, body.keep_seconds, _who()))
    return bodies.SecretResponse(key=_shown(key), secret=secret)


@router.delete("/keys/{id}", summary="Revoke a key")
async def revoke(id: Id, request: Request) -> bodies.KeyResponse:
    """Revoke a key for good, from the next request on."""
    return _shown(await _do(lambda: _entrance(request).keys.revoke(id, _who())))


@router.get("/audit", summary="What was done")
async def audit(
    request: Request, after: Annotated[int, Query(ge=0, description="The number of the last one known.")] = 0
) -> bodies.AuditResponse:
    """List the acts behind a number, in order; nothing changes or deletes them."""
    acts = await _do(lambda: _entrance(request).ledger.acts(after, NEWEST))
    return bodies.AuditResponse(acts=[bodies.act(each) for each in acts])


async def _do(act: Callable[[], Done]) -> Done:
    """Do it on a thread, for it may wait for the disk; raises ProblemError."""
    try:
        return await asyncio.to_thread(act)
    except KeysError as error:
        status = 404 if str(error).startswith("there is no key") else 409
        raise ProblemError(status, f"{error}.") from error
    except LedgerError as error:
        raise ProblemError(503, f"{error}.", {"Retry-After": "5"}) from error


def _entrance(request: Request) -> Entrance:
    found: Entrance = request.app.state.entrance
    return found


def _who() -> str:
    principal = acting()
    return principal.id if principal else "nobody"


def _shown(key: Key) -> bodies.KeyResponse:
    return bodies.KeyResponse(
        id=key.id,
        name=key.name,
        scopes=list(key.rights),
        documents=list(key.documents),
        prefixes=list(key.prefixes),
        created=_time(key.created),
        expires=None if key.expires is None else _time(key.expires),
        revoked=None if key.revoked is None else _time(key.revoked),
        last_used=None if key.used is None else _time(key.used),
        **asdict(key.allowance),
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
