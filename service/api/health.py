"""GET /healthz and /readyz."""

from fastapi import APIRouter, Response

from service.api import contract
from service.api.runtime import Current

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="Alive")
async def healthz() -> contract.Health:
    """The process answers."""
    return contract.Health()


@router.get("/readyz", summary="Ready", responses={503: {"model": contract.Readiness}})
async def readyz(response: Response, runtime: Current) -> contract.Readiness:
    """Index loaded and models warm, or what is missing and the command that mends it.

    Without its language model the service is degraded, not unready: answers are then extractive.
    """
    index = runtime.index
    reasons = [problem for problem in (index.problem, index.outdated, runtime.store.problem) if problem]
    if index.snapshot is None:
        response.status_code = 503
        return contract.Readiness(status="unready", index_version=None, generator="extractive", reasons=reasons)
    health = await runtime.writer_health()
    parts = runtime.bound().parts
    return contract.Readiness(
        status="degraded" if reasons or not health.ready else "ready",
        index_version=index.snapshot.manifest.version,
        generator=(parts.writer if health.ready else parts.extractive).name,
        reasons=[*reasons, *health.reasons],
    )
