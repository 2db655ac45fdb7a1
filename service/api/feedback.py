"""POST /v1/feedback."""

from fastapi import APIRouter

from service.access.personal import masked
from service.api import contract
from service.api.problems import ProblemError
from service.api.runtime import Current
from service.serve.behind import StoreUnavailableError, waited

SECONDS = 5  # that a rating may take to be written
router = APIRouter(tags=["questions"])


@router.post("/v1/feedback", summary="Rate an answer", status_code=204)
async def feedback(body: contract.FeedbackRequest, runtime: Current) -> None:
    """Keep a rating of an answer, in place of an earlier one, or take it back; 404 where the answer is not kept."""
    comment = None if body.comment is None else masked(body.comment)
    rating = runtime.store.rate(body.answer_id, body.rating, comment)
    try:
        known = await waited(rating, SECONDS)
    except StoreUnavailableError:
        told = "Ratings cannot be kept at present; GET /readyz says why. Try again later."
        raise ProblemError(503, told, {"Retry-After": "30"}) from None
    if known:
        runtime.metrics.ratings.labels(body.rating).inc()
    else:
        raise ProblemError(404, f"There is no answer {body.answer_id!r} here; it may have been forgotten.")
