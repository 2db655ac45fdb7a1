"""The bodies of /v1/admin."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, Strict

from service.access.ledger import Act
from service.api.admin.acts import moment
from service.api.contract import BLANK, VISIBLE, AtLeastOne, Model

# Not "#5" alone, which names no document (service/access/readable.py).
Pattern = Annotated[str, Field(pattern=f"^[^#{BLANK}]|^[{BLANK}][\\s\\S]*{VISIBLE}|^#$|^#[0-9]*[^0-9]")]
Scopes = list[Literal["ask", "search", "read", "feedback", "admin", "eval"]]


class Allowed(Model):
    """How much a key may ask; null: as the settings have it for all."""

    per_minute: AtLeastOne | None = Field(None, examples=[120], description="Requests a minute.")
    at_once: AtLeastOne | None = Field(None, examples=[8], description="Requests at the same time.")
    tokens_a_day: AtLeastOne | None = Field(None, examples=[200_000], description="Tokens of answers a day.")


class KeyRequest(Allowed):
    name: str = Field(min_length=1, max_length=100, pattern=VISIBLE, examples=["help desk"])
    scopes: Scopes = Field(min_length=1, max_length=6, examples=[["ask", "read"]])
    documents: list[Pattern] = Field(
        ["*"],
        min_length=1,
        max_length=1000,
        examples=[["hr/*", "manual.md#5"]],
        description="What it may read: names, patterns with `*`, and `NAME#5` for section 5 alone.",
    )
    expires: AwareDatetime | None = Field(None, examples=["2027-01-01T00:00:00Z"])


class RotateRequest(Model):
    keep_seconds: Annotated[float, Strict()] = Field(
        0, ge=0, le=30 * 86_400, examples=[3600], description="How long the old secret holds beside the new one."
    )


class KeyResponse(Allowed):
    """A key as it is listed, without its secret."""

    id: str = Field(examples=["k-3f0c2a9b1d7e"])
    name: str = Field(examples=["help desk"])
    scopes: Scopes = Field(examples=[["ask", "read"]])
    documents: list[str] = Field(examples=[["*"]])
    prefixes: list[str] = Field(examples=[["oq_h3Kd9x"]], description="How the secrets begin that open it.")
    created: datetime = Field(description="UTC.")
    expires: datetime | None = Field(description="From then on it opens nothing; null: never.")
    revoked: datetime | None = Field(description="Since then it opens nothing.")
    last_used: datetime | None = Field(description="To a minute or so.")


class KeysResponse(Model):
    keys: list[KeyResponse] = Field(description="In the order in which they were made.")


class SecretResponse(Model):
    """The only reply with a secret in it."""

    key: KeyResponse
    secret: str = Field(examples=["oq_…"], description="For `Authorization: Bearer`; it is kept nowhere.")


class ActResponse(Model):
    """What somebody did; `seal` is a hash of this and of all before, so that a change shows."""

    number: int = Field(examples=[1])
    at: datetime = Field(description="UTC.")
    who: str = Field(examples=["key:k-3f0c2a9b1d7e"])
    act: str = Field(examples=["key.make"])
    target: str = Field(examples=["k-90ab12cd34ef"])
    before: dict[str, object] | None = Field(description="What it was; null where it was not there.")
    after: dict[str, object] | None = Field(description="What it became.")
    seal: str = Field(description="SHA-256 of this act and the seal before it.")


class AuditResponse(Model):
    acts: list[ActResponse]


class DataRequest(Model):
    """Whose data."""

    kind: Literal["session", "key", "subject"] = Field(examples=["session"])
    name: str = Field(
        min_length=1, max_length=300, examples=["b1946ac9"], description="A session's or key's id, or a subject."
    )


class KeptAnswer(Model):
    """An answer that is kept, as it was sent, and what was thought of it."""

    answer_id: str = Field(examples=["a-6f1e2d3c4b5a"])
    created: float = Field(examples=[1790000000.0], description="Seconds since 1970.")
    session_id: str | None = Field(examples=["b1946ac9"])
    question: str = Field(examples=["怎么除垢？"], description="Personal data masked.")
    reply: dict[str, object] = Field(examples=[{"status": "answered"}], description="The reply of /v1/ask.")
    rating: Literal["up", "down"] | None = Field(examples=["up"])
    comment: str | None = Field(examples=[None])


class ExportResponse(Model):
    answers: list[KeptAnswer] = Field(description="Oldest first.")


class ErasureResponse(Model):
    """What was erased, and the act that proves it."""

    answers: int = Field(examples=[12])
    ratings: int = Field(examples=[2])
    candidates: int = Field(examples=[1], description="Questions that waited in the evaluation's queue.")
    act: ActResponse


def act(done: Act) -> ActResponse:
    return ActResponse(
        number=done.number,
        at=moment(done.at),
        who=done.who,
        act=done.act,
        target=done.target,
        before=done.before,
        after=done.after,
        seal=done.seal,
    )


class JobFileResponse(Model):
    """What a job did to one file."""

    name: str = Field(examples=["hr/leave.pdf"])
    state: Literal["waiting", "indexed", "unchanged", "duplicate", "refused", "removed"] = Field(
        examples=["indexed"], description="Refused: as it was before, or not there."
    )
    reason: str = Field(examples=[""], description="Why it was refused, or what it says the same as.")
    passages: int = Field(examples=[12], description="That can be found.")
    warnings: list[str] = Field(examples=[["page 7 is scanned"]], description="What of it could not be read.")


class JobResponse(Model):
    """A change of what is indexed: uploads, removals, or everything looked at again."""

    id: str = Field(examples=["j-3f0c2a9b1d7e"])
    kind: Literal["upload", "remove", "refresh"] = Field(examples=["upload"])
    who: str = Field(examples=["key:k-3f0c2a9b1d7e"])
    state: Literal["waiting", "running", "done", "failed", "cancelled"] = Field(examples=["running"])
    created: datetime = Field(description="UTC.")
    started: datetime | None = Field(description="When it was begun, the last time.")
    ended: datetime | None = Field(description="When it was done, failed or was cancelled.")
    stage: str = Field(
        examples=["embed"], description="What is being done now: wait, check, fetch, read, chunk, embed …"
    )
    done: int = Field(examples=[120], description="Of `total`, in this stage.")
    total: int = Field(examples=[400])
    error: str = Field(examples=[""], description="Why it failed, and what to do.")
    version: str = Field(examples=["5b1f0c7a9d3e"], description="Of the index that it made.")
    files: list[JobFileResponse] = Field(description="Each that came, was removed, or was in an archive.")


class JobsResponse(Model):
    jobs: list[JobResponse] = Field(description="The newest first.")


class IndexedDocument(Model):
    """A document of the index in use."""

    name: str = Field(examples=["hr/leave.pdf"])
    uploaded: bool = Field(description="It came over HTTP, and can be replaced and removed so.")
    bytes: int | None = Field(examples=[48_213], description="Of an uploaded file.")
    characters: int = Field(examples=[18_003], description="Of its text.")
    passages: int = Field(examples=[12], description="That can be found.")
    warnings: list[str] = Field(examples=[["page 7 is scanned"]], description="What of it could not be read as it is.")


class LeftOut(Model):
    name: str = Field(examples=["old.doc"])
    reason: str = Field(examples=["an old office document (.doc, .xls, .ppt); save it as .docx, .xlsx or .pptx"])


class DocumentsResponse(Model):
    index_version: str | None = Field(examples=["5b1f0c7a9d3e"])
    passages: int = Field(examples=[4_120])
    documents: list[IndexedDocument] = Field(description="In the order of their names.")
    skipped: list[LeftOut] = Field(description="Files that were seen and not read, each with the reason.")
    formats: list[str] = Field(examples=[[".md", ".pdf"]], description="Suffixes of what is read.")
