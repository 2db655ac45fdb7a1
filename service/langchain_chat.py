"""The service as a LangChain chat model: answers as text blocks with citations, refusals kept as they are."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.content import Citation, TextContentBlock, create_citation, create_text_block
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from service.api import contract
from service.api.desk import Desk
from service.api.desk.there import RemoteDesk
from service.api.openai.conversation import asked, spoken
from service.api.places import title
from service.api.spans import cited_spans
from service.api.stream import DeltaEvent, DoneEvent
from service.understand.follow_ups import Message

ROLES = {"human": "user", "ai": "assistant"}


class OutlineChat(BaseChatModel):
    """Answers the last human message from the documents; `desk` is where it asks.

    A message has one text block, with a citation for each mark: start_index and end_index span the sentence,
    cited_text is the quote, extras are document, start, end, n, entry_id. `response_metadata` has status and degraded.
    """

    desk: Any

    @classmethod
    def at(cls, url: str) -> "OutlineChat":
        """Ask the service at an address."""
        return cls(desk=RemoteDesk(url))

    @property
    def _llm_type(self) -> str:
        return "outline-qa"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        # In a thread of its own: the caller's may run an event loop already, as a notebook's does.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self._agenerate(messages)).result()

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        async with aclosing(_desk(self).ask(_request(messages))) as events:
            replies = [event.data async for event in events if isinstance(event, DoneEvent)]
        (reply,) = replies
        message = AIMessage(id=reply.id, content=[dict(_block(reply))], response_metadata=_metadata(reply))
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async with aclosing(_desk(self).ask(_request(messages))) as events:
            async for event in events:
                match event:
                    case DeltaEvent(data=delta):
                        block: dict[str, Any] = {"type": "text", "text": delta.text, "index": 0}
                        yield ChatGenerationChunk(message=AIMessageChunk(content=[block]))
                    case DoneEvent(data=reply):
                        notes = {"type": "text", "text": "", "annotations": _citations(reply), "index": 0}
                        last = AIMessageChunk(content=[notes], response_metadata=_metadata(reply))
                        yield ChatGenerationChunk(message=last)


def _desk(model: OutlineChat) -> Desk:
    desk: Desk = model.desk
    return desk


def _request(messages: Sequence[BaseMessage]) -> contract.AskRequest:
    """The last human message with what was said before; raises ValidationError where nothing is asked."""
    turns = [Message(ROLES[each.type], str(each.text)) for each in messages if each.type in ROLES]
    question = asked(spoken(turns)).question
    history = [contract.Turn.model_validate({"role": m.role, "content": m.content}) for m in question.history]
    return contract.AskRequest(question=question.text, history=history)


def _block(reply: contract.AskResponse) -> TextContentBlock:
    notes = _citations(reply)
    return create_text_block(reply.answer, annotations=[*notes]) if notes else create_text_block(reply.answer)


def _citations(reply: contract.AskResponse) -> list[Citation]:
    return [
        create_citation(
            title=title(each.citation),
            start_index=each.start,
            end_index=each.end,
            cited_text=each.citation.quote,
            **each.citation.model_dump(include={"n", "document", "start", "end", "entry_id", "support"}),
        )
        for each in cited_spans(reply.answer, reply.citations)
    ]


def _metadata(reply: contract.AskResponse) -> dict[str, Any]:
    return reply.model_dump(include={"status", "degraded", "generator", "index_version", "related"})
