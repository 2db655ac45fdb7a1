"""POST /v1/feedback."""

import asyncio

from fastapi import APIRouter

from service.api import contract
from service.api.problems import ProblemError
from service.api.runtime import Current

router = APIRouter(tags=["questions"])


@router.post("/v1/feedback", summary="Rate an answer", status_code=204)
async def feedback(body: contract.FeedbackRequest, runtime: Current) -> None:
    """Keep a rating of an answer, in place of an earlier one; 404 for an answer that is not, or no longer, kept."""
    if not await asyncio.to_thread(runtime.store.rate, body.answer_id, body.rating, body.comment):
        raise ProblemError(404, f"There is no answer {body.answer_id!r} here; it may have been forgotten.")
