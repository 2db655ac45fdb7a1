"""The settings of who may do what."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from ingest.settings import Settings
from service.access.readable import Readable
from service.access.rights import Right


class GroupSettings(Settings):
    """What a group of the identity provider may do."""

    scopes: list[Right] = Field(min_length=1)
    documents: list[str] = Field(["*"])


class AccessSettings(Settings):
    """Who may do what; see [access](access.md)."""

    path: Path = Field(
        Path("var/store/access.sqlite"), description="The SQLite file of keys and of what was done with them."
    )
    url: SecretStr | None = Field(
        None, description="`postgresql://…`, the database that they are in instead, shared by replicas."
    )
    open: bool = Field(False, description="Answer without keys on any address; 127.0.0.1 is open until a key is made.")
    pages: list[str] = Field(
        ["*"], description="Documents that visitors of pages in `WIDGET__ORIGINS` may read, as a JSON list."
    )
    public: list[str] = Field([], description="Documents that whoever has no key may read; `[]`: none may ask.")
    per_minute: int | None = Field(120, ge=1, description="Requests a minute of a key that has no limit of its own.")
    at_once: int | None = Field(16, ge=1, description="Requests at the same time of such a key.")
    tokens_a_day: int | None = Field(None, ge=1, description="Tokens of answers a day of such a key; unset: any.")
    waiting: int = Field(
        64,
        ge=0,
        description="Requests that wait in the outer queue, for a place among `IN_FLIGHT`; one more gets 429. How many "
        "questions wait inside for the models follows their pace and `ANSWER__WAIT_SECONDS`, not this.",
    )
    waiting_seconds: float = Field(2, gt=0, description="How long one waits in the outer queue at most.")
    storage: SecretStr = Field(
        SecretStr("memory://"), description="Where limits are counted; `redis://HOST:PORT` for several processes."
    )
    issuer: str | None = Field(None, description="The identity provider whose tokens are taken.")
    audience: str | None = Field(None, description="What its tokens must be for.")
    jwks: str | None = Field(None, description="Where its keys are; unset: as the issuer's discovery document says.")
    claim: str = Field("groups", description="The claim of a token that names groups.")
    groups: dict[str, GroupSettings] = Field(
        {}, description='What groups may do: `{"staff": {"scopes": ["ask", "read"], "documents": ["*"]}}`.'
    )

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        if (self.issuer is None) != (self.audience is None):
            raise ValueError("give both the issuer of tokens and the audience that they are for")
        if self.issuer is not None and not self.groups:
            raise ValueError("say what groups of the identity provider may do, or no token opens anything")
        return self

    @field_validator("pages", "public")
    @classmethod
    def _are_patterns(cls, patterns: list[str]) -> list[str]:
        Readable.of(patterns)
        return patterns
