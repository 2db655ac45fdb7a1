"""GET /v1/models: the service as a model of OpenAI's clients."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from service.api.openai.bodies import ModelCard, ModelList
from service.api.openai.errors import NO_MODEL
from service.api.problems import ProblemError
from service.api.runtime import Current

router = APIRouter(tags=["openai"])
MODEL = "outline-qa"


@router.get("/v1/models", summary="The model that chat completions name")
async def models(runtime: Current) -> ModelList:
    """List the one model: this service over its documents."""
    return ModelList(data=[ModelCard(id=MODEL, created=seconds(runtime.snapshot().manifest.created))])


def seconds(when: str) -> int:
    """Seconds since 1970, 0 for a time that somebody has written otherwise into the manifest."""
    try:
        return max(0, int(datetime.fromisoformat(when).timestamp()))
    except (ValueError, OverflowError, OSError):
        return 0


@router.get("/v1/models/{id}", summary="A model by its name")
async def model(id: Annotated[str, Path(description="As GET /v1/models lists it.")], runtime: Current) -> ModelCard:
    """Describe the one model; 404 for any other."""
    check_model(id)
    return (await models(runtime)).data[0]


def check_model(name: str) -> None:
    """Raise ProblemError (404) for any model but the one."""
    if name != MODEL:
        raise ProblemError(404, f"{NO_MODEL} {name!r}; the name is {MODEL!r}.", field="model")
