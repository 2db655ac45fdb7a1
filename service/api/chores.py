"""What chat programs ask on their own account, a title, tags, further questions: nothing for the documents."""

import json
import re
import uuid
from collections.abc import AsyncGenerator

from ingest.words.text import normalise
from service import events as pipeline
from service.api.runtime import Bound
from service.language import phrases
from service.language.rule import rules

TITLE = 40  # characters
SAID = re.compile(r"^\s*(?:user|human|用户)\s*[:：]\s*(.+)$", re.IGNORECASE | re.MULTILINE)


def chore(text: str, earlier: str) -> str | None:
    """Return what to say to such a request, None for a question. `earlier` is the first thing that was asked.

    A title is the question, cut; in JSON where that is asked for. Everything else is turned down.
    """
    asked = normalise(text)
    structured = rules("chores").holds(asked)
    if rules("titles").holds(asked) and (structured or len(earlier) > 0 or SAID.search(text)):
        said = SAID.search(text)
        subject = " ".join((said[1] if said else earlier).split())
        title = subject if len(subject) <= TITLE else subject[: TITLE - 1] + "…"
        return json.dumps({"title": title}, ensure_ascii=False) if '"title"' in text else title
    return phrases.wording(phrases.language(text, "auto")).declined if structured else None


async def done(text: str, question: str, bound: Bound) -> AsyncGenerator[pipeline.Event, None]:
    """Yield the events of an answer that is the service's own."""
    version = bound.snapshot.manifest.version
    yield pipeline.Meta(id := f"a-{uuid.uuid4().hex[:16]}", version, "extractive")
    yield pipeline.Delta(text)
    yield pipeline.Answer(
        id=id,
        status="declined",
        text=text,
        citations=(),
        related=(),
        generator="extractive",
        degraded=None,
        index_version=version,
        query=question,
    )
