"""The settings of chat channels: each is on once its keys are given."""

from typing import Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from ingest.settings import Settings
from service.access.readable import Readable


class _Channel(Settings):
    documents: list[str] = Field(["*"], description="Documents that people there may read, as a JSON list.")

    @property
    def on(self) -> bool:
        """Whether its keys are given."""
        return all(getattr(self, name) for name in self._keys())

    @property
    def values(self) -> dict[str, Any]:
        """What its channel is made of."""
        own = {name: getattr(self, name) for name in type(self).model_fields}
        plain = {name: each.get_secret_value() if isinstance(each, SecretStr) else each for name, each in own.items()}
        return plain | {"documents": tuple(self.documents)}

    @field_validator("documents")
    @classmethod
    def _are_patterns(cls, patterns: list[str]) -> list[str]:
        Readable.of(patterns)
        return patterns

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = [name for name in self._keys() if not getattr(self, name)]
        if missing and len(missing) < len(self._keys()):
            raise ValueError(f"the channel needs {', '.join(missing)} too")
        return self

    @classmethod
    def _keys(cls) -> list[str]:
        return [name for name, field in cls.model_fields.items() if field.default is None]


class SlackSettings(_Channel):
    """An app of [Slack](channels.md#slack)."""

    signing_secret: SecretStr | None = Field(None, description="By which requests are known to be Slack's.")
    bot_token: SecretStr | None = Field(None, description="`xoxb-…`, with which it answers.")
    api: str = Field("https://slack.com/api", description="Where Slack's API is.")


class FeishuSettings(_Channel):
    """An app of [Feishu](channels.md#feishu-and-lark) or Lark."""

    app_id: str | None = Field(None, description="`cli_…`.")
    app_secret: SecretStr | None = Field(None, description="With which it answers.")
    encrypt_key: SecretStr | None = Field(None, description="With which events are sealed and signed.")
    verification_token: SecretStr | None = Field(None, description="That each event carries.")
    api: str = Field("https://open.feishu.cn", description="Where its API is; Lark's is `https://open.larksuite.com`.")


class DingtalkSettings(_Channel):
    """A robot of [DingTalk](channels.md#dingtalk)."""

    app_secret: SecretStr | None = Field(None, description="By which messages are known to be DingTalk's.")
    api: str = Field("https://oapi.dingtalk.com", description="Where messages may name an address to answer at.")


class WecomSettings(_Channel):
    """An AI bot of [WeCom](channels.md#wecom)."""

    token: SecretStr | None = Field(None, description="By which callbacks are known to be WeCom's.")
    encoding_aes_key: SecretStr | None = Field(None, description="43 characters, with which they are sealed.")
    api: str = Field("https://qyapi.weixin.qq.com", description="Where messages may name an address to answer at.")
