"""The HTTP contract of a streamed answer: every event of /v1/ask."""

from typing import Annotated, Literal

from pydantic import Field

from service.api.contract import AskResponse, Citation, Model, Place, Problem


class Meta(Model):
    """What is known when an answer begins."""

    id: str = Field(examples=["a-6f1e2d3c4b5a"])
    index_version: str = Field(examples=["3f0c2a9b1d7e"])
    generator: str = Field(examples=["extractive"], description="Planned; the whole answer says what happened.")


class Source(Place):
    """A passage that the answer is written from."""

    chunk_id: str = Field(examples=["5b1f0c7a9d3e2f10"])
    entry_id: str | None = Field(examples=["5.3"])
    heading_path: list[str] = Field(examples=[["5. 保养", "怎么除垢？"]])
    text: str = Field(examples=["**除垢**：水箱里倒入除垢剂……"])


class Sources(Model):
    """The passages that the answer is written from."""

    sources: list[Source]


class Delta(Model):
    """A piece of the answer's Markdown."""

    text: str = Field(examples=["除垢每三个月做一次。[1]"], description="What is said next.")


class MetaEvent(Model):
    """The first event of a streamed answer."""

    event: Literal["meta"] = "meta"
    data: Meta


class SourcesEvent(Model):
    """The passages in use; a second one replaces the first."""

    event: Literal["sources"] = "sources"
    data: Sources


class DeltaEvent(Model):
    """More of the text."""

    event: Literal["delta"] = "delta"
    data: Delta


class CitationEvent(Model):
    """A citation, after the text that has its mark."""

    event: Literal["citation"] = "citation"
    data: Citation


class DoneEvent(Model):
    """The last event: the whole answer."""

    event: Literal["done"] = "done"
    data: AskResponse


class ErrorEvent(Model):
    """The last event, where the service failed."""

    event: Literal["error"] = "error"
    data: Problem


AskEvent = Annotated[
    MetaEvent | SourcesEvent | DeltaEvent | CitationEvent | DoneEvent | ErrorEvent,
    Field(discriminator="event", description="A server-sent event of /v1/ask; `data` is sent as JSON."),
]
