"""Bodies of the routes that OpenAI's clients call."""

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from service.api import contract
from service.language.phrases import Missing

TEXTS = (None, "text", "input_text", "output_text")


class ContentPart(BaseModel):
    """A part of a message; only text is read."""

    type: str | None = Field(None, examples=["text"])
    text: str | None = Field(None, examples=["怎么除垢？"])


class ChatMessage(BaseModel):
    """A message as OpenAI's clients send it; fields that are not known here are ignored."""

    role: str = Field(examples=["user"])
    content: str | list[ContentPart] | None = Field(None, examples=["怎么除垢？"])

    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type in TEXTS and part.text)
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream has beside the answer."""

    include_usage: contract.Truth | None = Field(None, examples=[True], description="A last chunk with the tokens.")


class Form(BaseModel):
    """A JSON schema with its name; both protocols' spellings have these fields."""

    name: str | None = Field(None, examples=["reply"])
    form: dict[str, JsonValue] | None = Field(None, alias="schema", examples=[{"type": "object"}])


class ResponseFormat(BaseModel):
    """Text, JSON, or JSON of a form of which each field is one of the reply's."""

    type: str = Field(examples=["json_object"], description="`text`, `json_object` or `json_schema`.")
    json_schema: Form | None = None


class ChatRequest(BaseModel):
    """A request as OpenAI's clients send it; sampling parameters and the like are ignored."""

    model: str = Field(examples=["outline-qa"])
    messages: list[ChatMessage] = Field(min_length=1, description="The oldest are left out where they are too many.")
    stream: contract.Truth | None = Field(None, description="Answer as chunks.")
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None


class ChatAnswer(contract.Model):
    """The answer, with what /v1/ask says beside it."""

    role: Literal["assistant"] = "assistant"
    content: str = Field(examples=["除垢每三个月做一次。[1]"])
    refusal: None = Field(None, description="Always null; what is not answered says so in `status`.")
    citations: list[contract.Citation]
    status: contract.Status
    related: list[contract.Related]
    generator: str = Field(examples=["extractive"])
    degraded: str | None = Field(examples=[None])
    degraded_codes: list[Missing] = Field([], examples=[["reranker_late"]], description="What was missing, by code.")
    lacks: list[contract.Lack] = Field([], examples=[["other_language"]], description="What it lacks, as codes.")
    index_version: str = Field(examples=["3f0c2a9b1d7e"])


class ChatChoice(contract.Model):
    """The one choice."""

    index: int = Field(0, examples=[0])
    message: ChatAnswer
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = Field(None, description="Always null.")


class Usage(contract.Model):
    """Tokens, estimated from the characters: the service has no model of its own to count with."""

    prompt_tokens: int = Field(examples=[24], description="Of all messages as they were sent.")
    completion_tokens: int = Field(examples=[38])
    total_tokens: int = Field(examples=[62])


class ChatCompletion(contract.Model):
    """A reply as OpenAI's clients read it."""

    id: str = Field(examples=["a-6f1e2d3c4b5a"])
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(examples=[1790000000], description="Seconds since 1970.")
    model: str = Field(examples=["outline-qa"])
    choices: list[ChatChoice]
    usage: Usage


class ModelCard(contract.Model):
    """The service as a model."""

    id: str = Field(examples=["outline-qa"])
    object: Literal["model"] = "model"
    created: int = Field(examples=[1790000000], description="When the index was built, in seconds since 1970.")
    owned_by: str = Field("outline-qa", examples=["outline-qa"])


class ModelList(contract.Model):
    """The models there are: one."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


class TextOptions(BaseModel):
    """The form of a response's text; its schema stands beside the type, not under `json_schema`."""

    format: dict[str, JsonValue] | None = Field(None, examples=[{"type": "text"}])


class InputItem(BaseModel):
    """A message; items of other kinds (calls, reasoning) are skipped."""

    type: str | None = Field(None, examples=["message"])
    role: str | None = Field(None, examples=["user"])
    content: str | list[ContentPart] | None = Field(None, examples=["怎么除垢？"])


class ResponsesRequest(BaseModel):
    """A request as OpenAI's clients send it; sampling parameters, instructions and tools are ignored."""

    model: str = Field(examples=["outline-qa"])
    input: str | list[InputItem] = Field(
        examples=["怎么除垢？"], description="The question, or the whole conversation."
    )
    stream: contract.Truth | None = Field(None, description="Answer as events.")
    text: TextOptions | None = None
    previous_response_id: str | None = Field(None, description="Refused: responses are not kept.")
    conversation: JsonValue = Field(None, description="Refused: conversations are not kept.")
