"""What the service says in its own words; the words stand in a file for each language."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ingest.parse.outline import Entry

Language = Literal["zh", "en"]
# What was missing for a reply, by codes that stay; the words stand in `missing` and, for a language model, `failed`.
Missing = Literal[
    "reranker_late",
    "reranker_failed",
    "reranker_invalid",
    "writer_unreachable",
    "writer_refused",
    "writer_no_model",
    "writer_failed",
    "writer_slow",
    "writer_stalled",
    "writer_broken",
    "writer_context",
    "writer_length",
    "writer_empty",
    "writer_unsupported",
    "writer_mostly_unsupported",
]
FILE = "phrases.toml"


class Wording(BaseModel):
    """The words of one language.

    `missing` by code, `failed` by the reason why a language model did not answer; `chat` is said in chat programs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    declined: str
    not_in_documents: str
    no_more: str
    help: str
    examples: str
    greeting: str
    welcome: str
    listed: str
    related: str
    cut: str
    instead: str
    rest: str
    more_steps: str
    others: str
    part_read: str
    only_quotes: str
    other_language: str
    terms: str
    term: str
    between: str
    missing: Mapping[str, str]
    failed: Mapping[str, str]
    chat: Mapping[str, str]


@cache
def wording(language: Language) -> Wording:
    """Return what the service says in a language."""
    return Wording.model_validate(tomllib.loads((Path(__file__).parent / language / FILE).read_text("utf-8")))


def language(question: str, wanted: Literal["auto", "zh", "en"]) -> Language:
    """The language to answer in: the one asked for, else Chinese when the question has a Chinese character or mark."""
    if wanted != "auto":
        return wanted
    return "zh" if re.search(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]", question) else "en"


def listed(entry: Entry, language: Language, answered_nearby: bool) -> list[str]:
    """Say, in one or two sentences, that the outline lists a question without answering it."""
    own = wording(language)
    text = own.listed.format(id=entry.id, stars="★" * entry.stars, question=entry.question)
    return [text, own.related] if answered_nearby else [text]


def other_language(language: Language, terms: Sequence[tuple[str, str]] = ()) -> str:
    """Say that an answer is in the documents' language, and what its terms are in the question's."""
    own = wording(language)
    named = own.between.join(own.term.format(term=term, other=other) for term, other in terms)
    return own.other_language + (own.terms.format(terms=named) if named else "")


def degraded(code: Missing, language: Language, begun: bool = False) -> str:
    """Say what was missing; where a language model had begun to answer, that the rest is the documents'."""
    own = wording(language)
    if code in own.missing:
        return own.missing[code]
    reason = code.removeprefix("writer_")
    if reason == "length" and begun:
        return own.cut
    failed = own.failed.get(reason, own.failed["broken"])
    return (own.rest if begun else own.instead).format(failed=failed)
