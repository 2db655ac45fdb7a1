"""The events of the answer to a chat: from the documents, or the service's own where no person asks anything."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from service import events as pipeline
from service.api.keeping import keep_answer
from service.api.openai.chores import chore
from service.api.openai.conversation import asked, spoken
from service.api.reply import body
from service.api.runtime import Bound
from service.language import phrases
from service.serve.behind import Keeping
from service.understand.follow_ups import Message
from service.write.help import reply


async def answer_chat(turns: Sequence[Message], bound: Bound, store: Keeping) -> AsyncGenerator[pipeline.Event, None]:
    """Yield the events of the answer to a chat's last message; `turns` are what person and service said.

    An answer from the documents is kept before its reader has it and can rate it.
    """
    said = spoken(turns)
    wanted = asked(said)
    question = wanted.question
    cited = False
    if not question.text:
        language = phrases.language(question.spoken, "auto")
        events = _own(reply("help", bound.snapshot, language), "not_in_documents", bound)
    elif (own := await chore(said, bound)) is not None:
        events = _own(own, "declined", bound)
    else:
        events, cited = bound.answers.answer(question), True
    async with aclosing(events):
        async for event in events:
            if wanted.part and isinstance(event, pipeline.Answer):
                told = phrases.wording(phrases.language(question.spoken, "auto")).part_read
                event = replace(event, degraded=event.degraded or told)
            if cited and isinstance(event, pipeline.Answer):
                keep_answer(store, question.text, None, body(event, bound.snapshot))
            yield event


async def _own(text: str, status: pipeline.Status, bound: Bound) -> AsyncGenerator[pipeline.Event, None]:
    """Yield the events of an answer that is the service's own."""
    version = bound.snapshot.manifest.version
    yield pipeline.Meta(id := f"a-{uuid.uuid4().hex[:16]}", version, "extractive")
    yield pipeline.Delta(text)
    yield pipeline.Answer(
        id=id,
        status=status,
        text=text,
        citations=(),
        related=(),
        generator="extractive",
        degraded=None,
        index_version=version,
        query="",
    )
