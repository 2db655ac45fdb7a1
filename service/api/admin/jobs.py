"""/v1/admin/jobs: changes of what is indexed, followed, cancelled and tried again by keys that may `admin`."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from ingest.jobs.queue import Job
from service.api.admin import bodies
from service.api.admin.acts import Queue, actor, do, moment, note

router = APIRouter(prefix="/v1/admin", tags=["admin"])
Id = Annotated[str, Path(examples=["j-3f0c2a9b1d7e"])]


@router.get("/jobs", summary="The newest jobs")
async def jobs(intake: Queue) -> bodies.JobsResponse:
    """List the newest hundred jobs, with what they did to each file."""
    return bodies.JobsResponse(jobs=[shown(job) for job in await do(intake.jobs.listed)])


@router.post("/jobs", summary="Index everything again", status_code=202)
async def refresh(request: Request, intake: Queue) -> bodies.JobResponse:
    """Look at all files again, and fetch what comes from elsewhere; what has not changed costs little."""

    def act() -> Job:
        job = intake.add("refresh", actor(), ())
        note(request, "documents.refresh", job.id, None, None)
        return job

    made = await do(act)
    intake.wake()
    return shown(made)


@router.get("/jobs/{id}", summary="A job")
async def job(id: Id, intake: Queue) -> bodies.JobResponse:
    """Say how far a job is, and what it did to each file."""
    return shown(await do(lambda: intake.jobs.job(id)))


@router.delete("/jobs/{id}", summary="Cancel a job")
async def cancel(id: Id, request: Request, intake: Queue) -> bodies.JobResponse:
    """Cancel a job: one that runs ends at its next step, and leaves everything as it was."""

    def act() -> Job:
        stopped = intake.jobs.stop(id)
        note(request, "job.cancel", id, None, {"state": stopped.state})
        return stopped

    return shown(await do(act))


@router.post("/jobs/{id}/retry", summary="Try a job again", status_code=202)
async def retry(id: Id, request: Request, intake: Queue) -> bodies.JobResponse:
    """Put a job that failed or was cancelled into the queue again, with the files that came with it."""

    def act() -> Job:
        again = intake.jobs.retry(id)
        note(request, "job.retry", id, None, None)
        return again

    waiting = await do(act)
    intake.wake()
    return shown(waiting)


def shown(job: Job) -> bodies.JobResponse:
    return bodies.JobResponse(
        id=job.id,
        kind=job.kind,
        who=job.who,
        state=job.state,
        created=moment(job.created),
        started=None if job.started is None else moment(job.started),
        ended=None if job.ended is None else moment(job.ended),
        stage=job.stage,
        done=job.done,
        total=job.total,
        error=job.error,
        version=job.version,
        files=[
            bodies.JobFileResponse(
                name=each.name,
                state=each.state,
                reason=each.reason,
                passages=each.passages,
                warnings=list(each.warnings),
            )
            for each in job.files
        ],
    )
