"""What the routes of /v1/admin share: who acts, where it is written down, and where jobs are."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from ingest.jobs.queue import JobsError
from service.access.keys import KeysError
from service.access.ledger import Facts, Ledger, LedgerError
from service.access.principal import acting
from service.api.problems import ProblemError
from service.serve.intake import Intake

Done = TypeVar("Done")
UNKNOWN = "there is no "  # how errors begin that name what is not there


async def do(act: Callable[[], Done]) -> Done:
    """Do it on a thread, for it may wait for the disk; raises ProblemError."""
    try:
        return await asyncio.to_thread(act)
    except (KeysError, JobsError) as error:
        told = str(error)
        status = 404 if told.startswith(UNKNOWN) else 409
        raise ProblemError(status, f"{told[0].upper()}{told[1:]}.") from error
    except LedgerError as error:
        raise ProblemError(503, f"{error}.", {"Retry-After": "5"}) from error


def actor() -> str:
    """Return who acts, as it is written down."""
    principal = acting()
    return principal.id if principal else "nobody"


def note(request: Request, act: str, target: str, before: Facts | None, after: Facts | None) -> None:
    """Write an act down; raises LedgerError."""
    ledger: Ledger = request.app.state.entrance.ledger
    with ledger.writing() as session:
        ledger.note(session, actor(), act, target, before, after)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _intake(request: Request) -> Intake:
    found: Intake | None = request.app.state.intake
    if found is None:
        raise ProblemError(404, "Nothing can be uploaded here: OUTLINE_QA_UPLOADS__PATH is null.")
    return found


Queue = Annotated[Intake, Depends(_intake)]
