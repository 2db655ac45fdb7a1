"""Every setting of the service; the offline half's are shared with it (ingest/settings.py)."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, JsonValue, SecretStr, field_validator, model_validator

from ingest.settings import PREFIX, IngestSettings, PluginSettings, Settings
from service.access.settings import AccessSettings
from service.channels.settings import DingtalkSettings, FeishuSettings, SlackSettings, WecomSettings

ORIGIN = re.compile(r"https?://[^/\s]+")


class RetrievalSettings(Settings):
    depth: int = Field(60, ge=1, description="Candidates taken from each index before fusion.")
    expansion: float | None = Field(
        None, ge=0, description="Weight of a question's other names from the glossary; unset: as fitted."
    )
    per_entry: int = Field(1, ge=1, description="Passages of one entry in a result list at most.")


class WeightedSettings(Settings):
    kind: Literal["weighted"] = "weighted"
    bm25: float | None = Field(
        None, description="Weight of the BM25 score relative to the best entry's; unset: as fitted."
    )
    dense: float | None = Field(
        None, description="Weight of a spread of cosine below the nearest passage; unset: as fitted."
    )
    title: float | None = Field(None, description="The same for the entries' questions; unset: as fitted.")
    asked: float | None = Field(
        None, description="Weight of BM25 of the other ways to ask for an entry; unset: as fitted."
    )
    listed: float | None = Field(None, description="Added for an entry that has no answer; unset: as fitted.")


class ReciprocalRankSettings(Settings):
    """Reciprocal rank fusion."""

    kind: Literal["rrf"]
    k: int | None = Field(None, ge=1, description="The constant that ranks are added to; unset: as fitted.")


FusionSettings = Annotated[WeightedSettings | ReciprocalRankSettings | PluginSettings, Field(discriminator="kind")]


class NoRerankSettings(Settings):
    kind: Literal["none"]


class _Reranking(Settings):
    candidates: int = Field(12, ge=1, description="Fused candidates that are scored.")
    budget_ms: int = Field(
        800, ge=1, description="How long a search waits for it; past it the fused order stands, and the reply says so."
    )
    decision_ms: int = Field(
        20_000,
        ge=1,
        description="How long an answer does, so that it is the same on a busy machine; at least the budget.",
    )
    max_tokens: int = Field(
        256, ge=16, description="Tokens of question and passage that the model reads; the shipped one's at most 512."
    )
    weight: float | None = Field(
        None, ge=0, description="Of the model's score, log odds, in a candidate's score; unset: as fitted."
    )
    fused: float | None = Field(
        None, ge=0, description="Of the fused score beside it; 0: the model's order alone; unset: as fitted."
    )


class ShippedSettings(_Reranking):
    """The project's own [cross-encoder](reranker.md)."""

    kind: Literal["shipped"] = "shipped"
    max_tokens: int = Field(
        256,
        ge=16,
        le=512,
        description="Tokens of question and passage that the model reads; the shipped one's at most 512.",
    )
    threads: int = Field(0, ge=0, description="CPU threads; 0: as many as there are cores.")


class CrossEncoderSettings(_Reranking):
    kind: Literal["cross-encoder"]
    model: str = Field(description="A CrossEncoder folder or Hugging Face id, as `BAAI/bge-reranker-v2-m3`.")


class PluginRerankSettings(_Reranking, PluginSettings):
    """A scorer of another package."""


RerankSettings = Annotated[
    ShippedSettings | NoRerankSettings | CrossEncoderSettings | PluginRerankSettings, Field(discriminator="kind")
]


class ExtractiveSettings(Settings):
    kind: Literal["extractive"] = "extractive"


class VllmSettings(Settings):
    """A language model; see [vLLM](vllm.md) and [answers](answers.md#the-language-model)."""

    kind: Literal["vllm"]
    base_urls: list[str] = Field(
        ["http://127.0.0.1:8001/v1"],
        min_length=1,
        description="Servers of the same model, each up to `/v1`, as a JSON list; any server that speaks OpenAI's "
        "protocol.",
    )
    model: str = Field(description="The name that the servers give the model.")
    api_key: SecretStr = Field(SecretStr("EMPTY"), description="Sent to every server.")
    first_token_seconds: float = Field(20, gt=0, description="Past it without a token the answer is extractive.")
    stall_seconds: float = Field(15, gt=0, description="Silence between tokens, after which the model has failed.")
    rewrite_seconds: float = Field(8, gt=0, description="Time to rewrite or split a question; past it a rule does.")
    max_tokens: int = Field(600, ge=16, description="Tokens of an answer at most.")
    temperature: float = Field(0, ge=0, le=2, description="0 takes always the likeliest token.")
    context_tokens: int = Field(3000, ge=512, description="Tokens of the prompt at most, passages included.")
    min_support: float | None = Field(
        None, ge=0, le=1, description="Probability of support, below which a sentence goes; unset: as fitted."
    )
    prompt: Path | None = Field(
        None, description="A text file of rules that the model is given instead of the shipped ones; unset: those."
    )
    extra_body: dict[str, JsonValue] = Field(
        {},
        description="More fields for each request, as JSON; for Qwen3 "
        '`{"chat_template_kwargs": {"enable_thinking": false}}`.',
    )


WriterSettings = Annotated[ExtractiveSettings | VllmSettings | PluginSettings, Field(discriminator="kind")]


class AnswerSettings(Settings):
    passages: int = Field(6, ge=1, description="Passages that a writer may draw on.")
    max_characters: int = Field(1200, ge=200, description="Length of an extractive answer, code apart.")
    cache_size: int = Field(500, ge=0, description="Finished answers kept for whoever asks the same; 0 keeps none.")
    cache_seconds: float = Field(3600, gt=0, description="How long one is kept; a new index drops all.")
    storage: SecretStr = Field(
        SecretStr("memory://"),
        description="Where they are kept for other processes too; `redis://HOST:PORT` for replicas, of which then one "
        "makes an answer that several are asked for.",
    )
    wait_seconds: float = Field(
        2,
        gt=0,
        description="How long a question may wait for its answer; where it takes longer, fewer are taken at once, and "
        "the others get 429.",
    )
    degraded_seconds: float = Field(
        15, ge=0, description="How long one is kept that something was missing for; the next may be whole."
    )
    min_confidence: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Below it the question is not in the documents; unset: as calibrated; see "
        "[retrieval](retrieval.md#confidence).",
    )


class WidgetSettings(Settings):
    origins: list[str] = Field(
        [], description='Other sites whose pages may embed the widget, as a JSON list: `["https://example.com"]`.'
    )
    secret: SecretStr | None = Field(
        None, description="Signs the tokens of pages; unset: made up at each start, which is right for one process."
    )
    token_seconds: int = Field(900, ge=10, description="How long a token is valid.")
    per_minute: int = Field(
        30, ge=1, description="Questions a minute of one visitor of another site; one more gets 429."
    )

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin: give scheme and host, as 'https://example.com'")
        return origins


class StoreSettings(Settings):
    path: Path = Field(
        Path("var/store/answers.sqlite"), description="The SQLite file that answers and feedback are kept in."
    )
    url: SecretStr | None = Field(
        None, description="`postgresql://…`, the database that they are kept in instead, shared by replicas."
    )
    enabled: bool = Field(True, description="Whether answers are kept; where not, none can be rated.")
    keep_days: int = Field(30, ge=1, description="Days that an answer is kept to be rated.")
    rated_days: int | None = Field(365, ge=1, description="Days that a rated one is kept; `null`: for good.")
    candidates: Path = Field(
        Path("var/eval/candidates.jsonl"), description="The evaluation's queue of readers' questions, for erasing."
    )
    max_mb: int = Field(
        512,
        ge=8,
        description="Megabytes of it in use at most; past it the oldest answers go, unrated ones first.",
    )


class ConnectionSettings(Settings):
    """What one client may take of the service."""

    most: int = Field(
        1000,
        ge=8,
        description="Connections at once, as far as there are descriptors; past it the longest idle one ends.",
    )
    head_kb: int = Field(32, ge=4, description="Kilobytes of a request's line and headers at most.")
    head_seconds: float = Field(10, gt=0, description="For them to come; past it 408.")
    body_seconds: float = Field(30, gt=0, description="For a request's body to come; past it 408.")
    reply_seconds: float = Field(30, gt=0, description="For a reader to take what is sent; past it the line is cut.")
    shutdown_seconds: int = Field(
        30, ge=1, description="For what is being answered at SIGTERM, streams too; past it they end."
    )


class TrialSettings(Settings):
    """A candidate beside what serves: a version of the index, or a writer; see [operations](operations.md)."""

    share: float = Field(0, ge=0, le=1, description="Of keys, subjects and addresses, those that get the candidate.")
    shadow: float = Field(
        0, ge=0, le=1, description="Of new answers, those that the candidate gives too, to be compared and not shown."
    )
    writer: Path | None = Field(
        None,
        description='A TOML file with the settings of `WRITER` for another model or prompt, as `kind = "vllm"`, '
        "`base_urls`, `model`, `prompt`: a candidate to write.",
    )
    record: Path = Field(
        Path("var/store/shadow.jsonl"), description="Where the figures of compared answers are kept for `eval shadow`."
    )
    content: bool = Field(
        False, description="Whether that file holds questions, personal data masked, and both answers."
    )


class TraceSettings(Settings):
    """Spans of each request, by OTLP; see [observability](observability.md)."""

    endpoint: str | None = Field(
        None,
        description="Where they go, as `http://127.0.0.1:4318/v1/traces`; unset: none. Needs `otel`, an extra.",
    )
    share: float = Field(1, ge=0, le=1, description="Of the requests that no caller traces.")
    content: bool = Field(False, description="Whether spans hold questions, answers and passages.")


class ServiceSettings(IngestSettings):
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    in_flight: int = Field(
        64, ge=1, description="Requests to `/v1/ask` and `/v1/search` answered at once; one more gets 429."
    )
    watch_seconds: float = Field(2, gt=0, description="How often a new index is looked for.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe level logged: `debug`, `info`, `warning` or `error`."
    )
    log_format: Literal["text", "json"] = Field("text", description="Lines for people, or JSON for programs.")
    log_content: bool = Field(
        False, description="Whether the log may hold what people ask, as other packages write it at `debug`."
    )
    traces: TraceSettings = TraceSettings()
    trial: TrialSettings = TrialSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    fusion: FusionSettings = WeightedSettings()
    rerank: RerankSettings = ShippedSettings()
    answer: AnswerSettings = AnswerSettings()
    writer: WriterSettings = ExtractiveSettings()
    widget: WidgetSettings = WidgetSettings()
    store: StoreSettings = StoreSettings()
    access: AccessSettings = AccessSettings()
    connections: ConnectionSettings = ConnectionSettings()
    slack: SlackSettings = SlackSettings()
    feishu: FeishuSettings = FeishuSettings()
    dingtalk: DingtalkSettings = DingtalkSettings()
    wecom: WecomSettings = WecomSettings()
    hosts: list[str] = Field(
        [],
        description="Names that it answers under beside addresses, names without a dot and this machine's, as a JSON "
        'list; `["*"]`: any.',
    )
    proxies: list[str] = Field(
        [], description='Addresses of proxies whose X-Forwarded-For is believed, as a JSON list: `["127.0.0.1"]`.'
    )

    @model_validator(mode="after")
    def _no_unknown_variable(self) -> Self:
        # pydantic-settings ignores a misspelt name silently; someone then runs with the default.
        for variable in [*os.environ, *dotenv_values(".env")]:
            if not variable.upper().startswith(PREFIX):
                continue
            name, _, inner = variable[len(PREFIX) :].lower().partition("__")
            group = isinstance(getattr(self, name, None), Settings)
            if name not in type(self).model_fields or (inner and not group):
                raise ValueError(f"unknown setting {variable!r}; docs/settings.md lists them all")
        return self
