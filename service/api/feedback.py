"""POST /v1/feedback."""

import asyncio

from fastapi import APIRouter

from service.access.personal import masked
from service.api import contract
from service.api.problems import ProblemError
from service.api.runtime import Current
from service.serve.store import Store

router = APIRouter(tags=["questions"])


@router.post("/v1/feedback", summary="Rate an answer", status_code=204)
async def feedback(body: contract.FeedbackRequest, runtime: Current) -> None:
    """Keep a rating of an answer, in place of an earlier one, or take it back; 404 where the answer is not kept."""
    if not await asyncio.to_thread(_rate, runtime.store, body):
        raise ProblemError(404, f"There is no answer {body.answer_id!r} here; it may have been forgotten.")


def _rate(store: Store, body: contract.FeedbackRequest) -> bool:
    if body.rating == "none":
        return store.unrate(body.answer_id)
    comment = None if body.comment is None else masked(body.comment)
    return store.rate(body.answer_id, body.rating, comment)
