"""/v1/admin/data: what is kept of a session, a key or a subject, shown and erased."""

import asyncio
from concurrent.futures import Future
from typing import TypeVar

from fastapi import APIRouter
from filelock import Timeout

from service.access.ledger import LedgerError
from service.api.admin import bodies
from service.api.admin.acts import actor
from service.api.problems import ProblemError
from service.api.runtime import Current
from service.serve.behind import StoreUnavailableError, waited
from service.serve.erasure import Selection, erased, forget_texts

SECONDS = 60  # that the store may take
Done = TypeVar("Done")
router = APIRouter(prefix="/v1/admin/data", tags=["admin"])


@router.post("/export", summary="What is kept of somebody")
async def export(body: bodies.DataRequest, runtime: Current) -> bodies.ExportResponse:
    """Return all answers that are kept of somebody, with their ratings, oldest first."""
    owner = Selection(body.kind, body.name).owner
    kept = await _done(runtime.store.do(lambda store: store.owned(owner)))
    return bodies.ExportResponse(answers=[bodies.KeptAnswer.model_validate(each) for each in kept])


@router.post("/erase", summary="Erase what is kept of somebody")
async def erase(body: bodies.DataRequest, runtime: Current) -> bodies.ErasureResponse:
    """Erase answers, ratings, what waits of them in the evaluation's queue, and all that is kept in memory.

    The reply is the act that proves it, sealed with all before it; it names nobody.
    """
    selection = Selection(body.kind, body.name)
    erasure = await _done(runtime.store.do(lambda store: store.erase(selection.owner)))
    own = runtime.service.settings
    try:
        candidates = await asyncio.to_thread(forget_texts, (own.store.candidates, own.trial.record), erasure.texts)
        await runtime.forget()
        if runtime.entrance is None:
            raise LedgerError("there is no record of acts here")
        act = await asyncio.to_thread(erased, runtime.entrance.ledger, actor(), selection, erasure, candidates)
    except (LedgerError, OSError, Timeout) as error:
        told = f"The answers are erased, but not all that was made of them: {error}; do it again."
        raise ProblemError(503, told, {"Retry-After": "5"}) from error
    return bodies.ErasureResponse(
        answers=erasure.answers, ratings=erasure.ratings, candidates=candidates, act=bodies.act(act)
    )


async def _done(future: "Future[Done]") -> Done:
    try:
        return await waited(future, SECONDS)
    except StoreUnavailableError as error:
        raise ProblemError(503, f"{error}.", {"Retry-After": "30"}) from error
