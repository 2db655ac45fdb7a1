"""The HTTP contract: every request and response body, with an example for each field."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticKnownError

from service.language.phrases import Missing

Language = Literal["zh", "en"]
Status = Literal["answered", "listed_unanswered", "not_in_documents", "declined"]
Lack = Literal["reranking", "model", "model_rest", "model_length", "other_words", "other_language"]
# A body of JSON has types: neither "5" nor true is a number, but 5.0 is 5 (JSON Schema, 6.3).
INTEGRAL = BeforeValidator(lambda value: int(value) if isinstance(value, float) and value.is_integer() else value)
Whole = Annotated[int, Strict(), INTEGRAL]
AtLeastOne = Annotated[int, Strict(), Field(ge=1), INTEGRAL]  # limits come before, or the document lacks them
Stars = Annotated[int, Strict(), Field(ge=1, le=5), INTEGRAL]
Wanted = Annotated[int, Strict(), Field(ge=1, le=50), INTEGRAL]
Truth = Annotated[bool, Strict()]
# What nobody sees, letter by letter: dialects of patterns differ in what white space is.
BLANK = r"\x00-\x20\x7f-\xa0\xad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
VISIBLE = f"[^{BLANK}]"


def _visible(text: str) -> str:
    if not re.search(VISIBLE, text):
        raise PydanticKnownError("string_too_short", {"min_length": 1})
    return text.strip()


Text = Annotated[
    str, Field(min_length=1, max_length=2000, json_schema_extra={"pattern": VISIBLE}), AfterValidator(_visible)
]


class Model(BaseModel):
    """Unknown fields are refused: a misspelt option must not be ignored silently. Replies always have all fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


class Turn(Model):
    """One message of the conversation so far."""

    role: Literal["user", "assistant"] = Field(examples=["user"])
    content: str = Field(max_length=20_000, examples=["怎么除垢？"])


class Filters(Model):
    """Restrict the search; several filters must all hold."""

    sections: list[Whole] | None = Field(None, max_length=100, examples=[[5, 8]], description="Section numbers.")
    min_stars: Stars | None = Field(None, examples=[4], description="At least so many stars.")
    documents: list[str] | None = Field(None, max_length=1000, examples=[["咖啡机手册.md"]])
    answered: Truth | None = Field(None, examples=[True], description="Only entries with, or without, an answer.")
    tags: list[str] | None = Field(
        None, max_length=100, examples=[["人事"]], description="Documents whose front matter has one of these tags."
    )
    since: date | None = Field(
        None, examples=["2026-01-01"], description="Documents whose front matter has this date or a later one."
    )
    until: date | None = Field(None, examples=["2026-12-31"], description="The same, or an earlier one.")


History = Annotated[list[Turn], Field(max_length=50, description="Earlier messages, oldest first.")]


class SearchRequest(Model):
    query: Text = Field(examples=["水箱多久清洗一次？"])
    history: History = []
    k: Wanted = Field(10, examples=[5], description="Results wanted.")
    filters: Filters | None = None


class Place(Model):
    """A passage: document[start:end], in code points."""

    document: str = Field(examples=["咖啡机手册.md"])
    start: int = Field(examples=[38012])
    end: int = Field(examples=[38123])


class PageBoxes(Model):
    """Where a text stands on a page of a PDF."""

    page: int = Field(ge=1, examples=[3], description="From 1.")
    boxes: list[list[float]] = Field(
        examples=[[[72.0, 140.5, 301.2, 154.0]]],
        description="[x0, y0, x1, y1] in points, from the top left of the page as it is shown, in reading order.",
    )
    ocr: bool = Field(False, description="The text was recognised in a picture.")


class FilePart(Model):
    """A part of a file that is neither Markdown nor PDF: a slide, cells, an anchor."""

    kind: Literal["slide", "sheet", "cell", "anchor", "chapter"] = Field(examples=["sheet"])
    name: str = Field(examples=["价格!A5:D5"], description="A number, `sheet!cells`, or the anchor's id.")


class Passage(Place):
    """Text of a document, and where it stands in the file that it was read from."""

    pages: list[PageBoxes] = Field([], description="Of a PDF: what is extracted from these boxes is the text.")
    parts: list[FilePart] = Field([], description="Of slides, workbooks, notebooks, books and web pages.")


class Result(Passage):
    """A passage found; `bm25_rank` and `dense_rank` start at 1."""

    chunk_id: str = Field(examples=["5b1f0c7a9d3e2f10"])
    entry_id: str | None = Field(examples=["5.3"])
    heading_path: list[str] = Field(examples=[["5. 保养", "怎么除垢？"]])
    text: str = Field(examples=["**除垢**：水箱里倒入除垢剂……"])
    score: float = Field(examples=[0.0327])
    bm25_rank: int | None = Field(examples=[1])
    dense_rank: int | None = Field(examples=[3])
    rerank_score: float | None = Field(examples=[None])
    stars: int | None = Field(None, examples=[5])
    answered: bool | None = Field(None, examples=[True], description="False: listed without an answer.")
    also_at: list[Passage] = Field([], description="Where the same passage stands too.")


class SearchResponse(Model):
    query: str = Field(examples=["水箱多久清洗一次？"], description="As searched, rewritten when there is history.")
    index_version: str = Field(examples=["3f0c2a9b1d7e"])
    timings_ms: dict[str, float] = Field(examples=[{"embed": 11.2, "retrieve": 1.9, "total": 13.6}])
    results: list[Result]
    degraded: str | None = Field(None, description="What was missing, in one sentence.")
    degraded_codes: list[Missing] = Field([], examples=[["reranker_late"]], description="What was missing, by code.")


class AskRequest(Model):
    question: Text = Field(examples=["除垢和清洗有什么区别？"])
    history: History = []
    session_id: str | None = Field(None, min_length=1, max_length=100, examples=["b1946ac9"])
    filters: Filters | None = None
    stream: Truth = Field(False, description="Answer as server-sent events.")
    language: Literal["auto", "zh", "en"] = Field("auto", description="Of what the service says itself.")


class Citation(Passage):
    """Checked support for the sentences marked [n]: quote == document[start:end]."""

    n: int = Field(ge=1, examples=[1])
    chunk_id: str = Field(examples=["5b1f0c7a9d3e2f10"])
    entry_id: str | None = Field(examples=["5.4"])
    heading_path: list[str] = Field(examples=[["5. 保养", "怎么除垢？"]])
    quote: str = Field(examples=["除垢每三个月做一次。"])
    support: float = Field(ge=0, le=1, examples=[1.0])
    also_at: list[Passage] = Field([], description="Where the same passage stands too.")


class Related(Model):
    """Another entry worth reading; document and entry_id together name it."""

    entry_id: str = Field(examples=["3.8"])
    document: str = Field(examples=["咖啡机手册.md"])
    question: str = Field(examples=["磨豆机怎么校准？"])
    stars: int = Field(examples=[4])
    answered: bool = Field(examples=[True])


class Term(Model):
    """A term of an answer, and what it is called in the language of the question."""

    term: str = Field(examples=["除垢"])
    other: str = Field(examples=["descaling"])


class AskResponse(Model):
    """The whole answer, with its citations."""

    id: str = Field(examples=["a-6f1e2d3c4b5a"])
    status: Status
    answer: str = Field(examples=["除垢每三个月做一次。[1]"], description="Markdown with [n] marks.")
    citations: list[Citation]
    related: list[Related]
    generator: str = Field(examples=["extractive"])
    degraded: str | None = Field(None, description="What was missing, in one sentence.")
    lacks: list[Lack] = Field([], description="What was missing, as codes.")
    degraded_codes: list[Missing] = Field(
        [], examples=[["reranker_late"]], description="Why, by code; empty for an answer that all parts had a share in."
    )
    help: bool = Field(
        False, description="The service speaks of itself: a greeting, thanks, what can be asked; nothing was searched."
    )
    further: list[str] = Field(
        [], examples=[["滤网更换"]], description="What else the cited section deals with, by its headings: to ask next."
    )
    terms: list[Term] = Field(
        [], description="Terms of an answer in another language than the question's, with their names in that."
    )
    index_version: str = Field(examples=["3f0c2a9b1d7e"])
    timings_ms: dict[str, float] = Field(examples=[{"retrieve": 14.0, "write": 3.1, "total": 17.9}])
    query: str = Field("", examples=["除垢和清洗有什么区别？"], description="The question as searched.")
    carried: list[str] = Field(
        [], examples=[["怎么除垢？"]], description="Earlier questions that a follow-up was searched with, oldest first."
    )


class GivenAnswer(AskResponse):
    """An answer as it was given, to be read again."""

    question: str = Field(examples=["除垢和清洗有什么区别？"], description="As asked; personal data is masked.")
    created: float = Field(examples=[1764374400.0], description="When, in seconds since 1970.")


class FeedbackRequest(Model):
    answer_id: str = Field(min_length=1, max_length=100, examples=["a-6f1e2d3c4b5a"])
    rating: Literal["up", "down", "none"] = Field(examples=["up"], description="`none` takes a rating back.")
    comment: str | None = Field(None, max_length=2000, examples=["第二步说得不清楚。"])


class TokenResponse(Model):
    token: str = Field(examples=["Imh0dHBzOi8v….aSQx…"], description="For `Authorization: Bearer`.")
    expires_in: int = Field(examples=[900], description="Seconds that it is valid.")


class OutlineEntry(Model):
    id: str = Field(examples=["3.8"])
    number: int = Field(examples=[8])
    question: str = Field(examples=["磨豆机怎么校准？"])
    stars: int = Field(ge=1, le=5, examples=[4])
    answered: bool = Field(examples=[True], description="False: listed without an answer.")


class OutlineSection(Model):
    number: int = Field(examples=[3])
    title: str = Field(examples=["保养"])
    document: str = Field(examples=["咖啡机手册.md"])
    entries: list[OutlineEntry] = Field(description="In the document's order.")


class Speech(Model):
    """How a page speaks of the documents, in one language."""

    name: str = Field(examples=["设备手册"], description="What they are called.")
    about: str = Field(examples=["咖啡机"], description="Their subject; empty where none is known.")
    questions: list[str] = Field(examples=[["多久除一次垢？"]], description="To begin with.")


class WidgetResponse(Model):
    """What the widget shows before anything is asked."""

    speech: dict[Language, Speech] = Field(
        examples=[{"en": {"name": "the manual", "about": "coffee machines", "questions": []}}]
    )
    questions: list[str] = Field(
        examples=[["多久除一次垢？"]], description="Of answered entries, to begin with where a speech has none."
    )
    index_version: str = Field(examples=["3f0c2a9b1d7e"])


class OutlineResponse(Model):
    speech: dict[Literal["zh", "en"], Speech] = Field(
        examples=[{"en": {"name": "the manual", "about": "coffee machines", "questions": []}}]
    )
    index_version: str = Field(examples=["3f0c2a9b1d7e"])
    sections: list[OutlineSection] = Field(description="In the document's order.")
    documents: list[str] = Field(
        [], examples=[["咖啡机手册.md"]], description="All there are, those without entries too."
    )


class EntryResponse(OutlineEntry, Place):
    """One entry; `text` is document[start:end], its line included."""

    section: int = Field(examples=[3])
    section_title: str = Field(examples=["保养"])
    text: str = Field(examples=["★★★★☆ **8. 磨豆机怎么校准？**"])


class DocumentResponse(Place):
    """document[start:end]; `length` is that of the whole document in code points."""

    text: str = Field(examples=["除垢每三个月做一次。"])
    length: int = Field(examples=[73842])
    index_version: str = Field(examples=["3f0c2a9b1d7e"])


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = Field("about:blank", examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["question: String should have at least 1 character"])
    request_id: str | None = Field(None, examples=["0d9a6c1e"])
    errors: list[dict[str, str]] | None = Field(None, examples=[[{"field": "question", "message": "too short"}]])
    error: dict[str, str | None] | None = Field(
        None,
        examples=[{"message": "There is no model 'x'.", "type": "invalid_request_error", "code": "model_not_found"}],
        description="The same as OpenAI's clients read it; on their routes alone.",
    )


class Health(Model):
    status: Literal["ok"] = "ok"


class Readiness(Model):
    """Ready, or why not; `degraded` while the service answers with less than it was set up for."""

    status: Literal["ready", "degraded", "unready"]
    index_version: str | None = Field(examples=["3f0c2a9b1d7e"])
    generator: str = Field(examples=["extractive"])
    reasons: list[str] = Field(examples=[[]], description="What is missing, and the command that mends it.")
