"""The bodies of /v1/admin."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from service.api.contract import Model

Scopes = list[Literal["ask", "search", "read", "feedback", "admin", "eval"]]


class Allowed(Model):
    """How much a key may ask; null: as the settings have it for all."""

    per_minute: int | None = Field(None, ge=1, examples=[120], description="Requests a minute.")
    at_once: int | None = Field(None, ge=1, examples=[8], description="Requests at the same time.")
    tokens_a_day: int | None = Field(None, ge=1, examples=[200_000], description="Tokens of answers a day.")


class KeyRequest(Allowed):
    name: str = Field(min_length=1, max_length=100, examples=["help desk"])
    scopes: Scopes = Field(min_length=1, max_length=6, examples=[["ask", "read"]])
    documents: list[str] = Field(
        ["*"],
        min_length=1,
        max_length=1000,
        examples=[["hr/*", "manual.md#5"]],
        description="What it may read: names, patterns with `*`, and `NAME#5` for section 5 alone.",
    )
    expires: AwareDatetime | None = Field(None, examples=["2027-01-01T00:00:00Z"])


class RotateRequest(Model):
    keep_seconds: float = Field(
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
