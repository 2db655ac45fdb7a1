"""GET /v1/answers/{id}: an answer that was given, for whoever has its address."""

import json
from typing import Annotated

from fastapi import APIRouter, Path

from service.access.principal import acting
from service.access.readable import Readable
from service.api import contract
from service.api.problems import ProblemError
from service.api.runtime import Current
from service.serve.behind import StoreUnavailableError, waited

SECONDS = 5  # that an answer may take to be found
router = APIRouter(tags=["questions"])


@router.get("/v1/answers/{id}", summary="An answer that was given")
async def answer(
    id: Annotated[str, Path(max_length=100, examples=["a-6f1e2d3c4b5a"])], runtime: Current
) -> contract.GivenAnswer:
    """Return an answer as it was given, with the version of the index that it was taken from.

    404 where it is not kept any more, and for who may not read all that its own reader may.
    """
    try:
        kept = await waited(runtime.store.find(id), SECONDS)
    except StoreUnavailableError:
        told = "Answers cannot be read at present; GET /readyz says why. Try again later."
        raise ProblemError(503, told, {"Retry-After": "30"}) from None
    if kept is None or not _may_read(kept.readable):
        raise ProblemError(404, f"There is no answer {id!r} here; it may have been forgotten.")
    body = {**json.loads(kept.body), "question": kept.question, "created": kept.created}
    return contract.GivenAnswer.model_validate(body)


def _may_read(patterns: str | None) -> bool:
    """Whether who asks may read all that the answer's own reader may; None is everything."""
    principal = acting()
    mine = principal.readable if principal else None
    return mine is None or mine.covers(Readable.of(json.loads(patterns)) if patterns else None)
