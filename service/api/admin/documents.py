"""/v1/admin/documents: uploaded, replaced, removed and listed by keys that may `admin`; a job does each change."""

import json
import shutil
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.datastructures import FormData, UploadFile

from ingest.index.snapshot import Snapshot
from ingest.jobs.folder import document_name
from ingest.jobs.queue import Job, new_id
from ingest.read.kinds import SUFFIXES
from ingest.read.walk import ARCHIVE
from service.api.admin import bodies
from service.api.admin.acts import Queue, actor, do, note
from service.api.admin.jobs import shown
from service.api.problems import ProblemError
from service.api.runtime import Current, Runtime
from service.serve.intake import Intake

router = APIRouter(prefix="/v1/admin", tags=["admin"])
REPORT = "report.json"
FILES = {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": FILES},
                "required": ["file"],
            }
        }
    },
}


@router.get("/documents", summary="What the index holds")
async def documents(request: Request, runtime: Current) -> bodies.DocumentsResponse:
    """List the documents of the index in use, and the files that were left out, each with the reason."""
    intake: Intake | None = request.app.state.intake
    return await do(lambda: _listed(runtime, intake))


@router.post("/documents", summary="Upload documents", status_code=202, openapi_extra={"requestBody": FORM})
async def upload(request: Request, runtime: Current, intake: Queue) -> bodies.JobResponse:
    """Take files, as `file` parts of a form, and have them indexed; one of a known name replaces what was there.

    A file's name may hold folders. ZIP archives stand for the files in them. The reply is the job, which tells how far
    it is and what became of each file.
    """
    limits = runtime.service.settings.uploads
    async with request.form(max_files=limits.files, max_fields=0) as form:
        files = await do(lambda: _named(form, intake, runtime.index.snapshot))
        made = await do(lambda: _staged(files, request, intake))
    intake.wake()
    return shown(made)


@router.delete("/documents/{name:path}", summary="Remove a document", status_code=202)
async def remove(
    name: Annotated[str, Path(examples=["hr/leave.pdf"])], request: Request, intake: Queue
) -> bodies.JobResponse:
    """Remove a document that was uploaded; 404 for another."""

    def act() -> Job:
        size = intake.folder.names().get(name)
        if size is None:
            raise ProblemError(404, f"No document {name!r} was uploaded; what is in the corpus is removed there.")
        job = intake.add("remove", actor(), [name])
        note(request, "document.remove", name, {"bytes": size}, {"job": job.id})
        return job

    made = await do(act)
    intake.wake()
    return shown(made)


def _named(form: FormData, intake: Intake, snapshot: Snapshot | None) -> dict[str, UploadFile]:
    """Return the files of a form by their names; raises ProblemError (409, 422)."""
    files: dict[str, UploadFile] = {}
    own = intake.folder.names()
    for each in form.getlist("file"):
        if not isinstance(each, UploadFile):
            continue
        try:
            name = document_name(each.filename or "")
        except ValueError as error:
            raise ProblemError(422, f"{error}.", field="file") from error
        if name in files:
            raise ProblemError(409, f"Two files are called {name!r}.", field="file")
        if snapshot and name in snapshot.documents and name not in own:
            raise ProblemError(409, f"{name!r} is a document of the corpus; change it there, or give another name.")
        files[name] = each
    if not files:
        raise ProblemError(422, "No file came: send each as a part named `file` of a form.", field="file")
    return files


def _staged(files: dict[str, UploadFile], request: Request, intake: Intake) -> Job:
    """Write the files to where their job finds them, then add it."""
    id = new_id()
    folder = intake.folder.staged(id)
    try:
        for name, file in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as target:
                shutil.copyfileobj(file.file, target)
    except OSError as error:
        intake.folder.drop(id)
        raise ProblemError(507, f"The files cannot be kept: {error.strerror}.") from error
    job = intake.add("upload", actor(), list(files), id)
    note(request, "document.upload", id, None, {"files": list(files)})
    return job


def _listed(runtime: Runtime, intake: Intake | None) -> bodies.DocumentsResponse:
    snapshot = runtime.index.snapshot
    own = intake.folder.names() if intake else {}
    formats = [*SUFFIXES, ARCHIVE]
    if snapshot is None:
        return bodies.DocumentsResponse(index_version=None, passages=0, documents=[], skipped=[], formats=formats)
    report = _report(runtime.service.index.folder(snapshot.manifest.version) / REPORT)
    names = sorted(snapshot.documents)
    passages = snapshot.register.columns.passages(names)
    warnings: dict[str, list[str]] = {}
    for change in report.get("changes", []):
        if change["step"] == "decode":
            warnings.setdefault(change["name"], []).append(change["what"])
    for warning in report.get("warnings", []):
        name, _, what = warning.partition(": ")
        if what not in warnings.get(name, []):
            warnings.setdefault(name, []).append(what)
    return bodies.DocumentsResponse(
        index_version=snapshot.manifest.version,
        passages=len(snapshot.chunks),
        documents=[
            bodies.IndexedDocument(
                name=name,
                uploaded=name in own,
                bytes=own.get(name),
                characters=len(snapshot.documents[name]),
                passages=count,
                warnings=warnings.get(name, []),
            )
            for name, count in zip(names, passages, strict=True)
        ],
        skipped=[bodies.LeftOut(**each) for each in report.get("skipped", [])],
        formats=formats,
    )


def _report(path: FilePath) -> dict[str, Any]:
    """Return what the build said; nothing where somebody else keeps the index."""
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found
