"""Errors on a terminal: a kind, an exit status of its own, one clear line, or the same as JSON."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import ValidationError

from service.api.refusal import ProblemError

Kind = Literal["usage", "defect", "not_found", "not_ready", "unreachable", "refused", "busy"]
EXITS: dict[Kind, int] = {
    "defect": 1,
    "usage": 2,
    "not_found": 3,
    "not_ready": 4,
    "unreachable": 5,
    "refused": 6,
    "busy": 7,
}
# Errors of modules that take long to load, by name.
NOT_READY = {"SnapshotError", "BuildError", "ModelUnavailableError", "LedgerError", "CandidacyError"}
INTERRUPTED = 130  # as shells have it
STATUSES: dict[int, Kind] = {
    400: "usage",
    401: "refused",
    403: "refused",
    404: "not_found",
    413: "usage",
    422: "usage",
    429: "busy",
    501: "not_ready",
    502: "unreachable",
    503: "not_ready",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, in one line that says what to do."""

    kind: Kind
    message: str

    @property
    def exit(self) -> int:
        return EXITS[self.kind]


def failure_of(error: BaseException) -> Failure:
    """Name the kind of an error that a command raised."""
    if NOT_READY & {each.__name__ for each in type(error).__mro__}:
        return Failure("not_ready", str(error))
    match error:
        case ProblemError():
            return Failure(STATUSES.get(error.status, "defect"), error.detail)
        case ValidationError():
            return Failure("usage", "; ".join(map(_fault, error.errors())))
        case OSError() | ValueError():
            return Failure("usage", str(error))
    return Failure("defect", f"the command failed ({type(error).__name__}); with --debug it says where")


def _fault(fault: Mapping[str, Any]) -> str:
    where, told = ".".join(map(str, fault["loc"])), str(fault["msg"]).removeprefix("Value error, ")
    return f"{where}: {told}" if where else told


def report(command: str, failure: Failure, as_json: bool) -> int:
    """Say what went wrong, and return its exit status."""
    if as_json:
        envelope(command, None, failure)
    else:
        sys.stderr.write(f"error: {' '.join(failure.message.split())}\n")
    return failure.exit


def envelope(command: str, data: object, failure: Failure | None = None) -> None:
    """Write the one JSON object of a command: always `ok`, `command`, `data` and `error`."""
    error = None if failure is None else {**asdict(failure), "exit": failure.exit}
    whole = {"ok": failure is None, "command": command, "data": data, "error": error}
    sys.stdout.write(f"{json.dumps(whole, ensure_ascii=False, indent=None)}\n")
    sys.stdout.flush()
