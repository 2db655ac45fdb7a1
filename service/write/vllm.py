"""A language model behind an OpenAI-compatible server: question and passages in, claims out as they are written."""

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing
from functools import cache
from typing import Any, TypeVar, cast

import httpx
import openai
from langchain_core.messages import SystemMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, SecretStr

from ingest.words.words import Words
from service.guard.planted import without_commands
from service.language.phrases import Language
from service.search.passages import Passage
from service.search.retrieve import Query
from service.tracing import Noted, span
from service.write import prompt
from service.write.budget import Budget
from service.write.cut import Cutter, Fragment
from service.write.replicas import Replica, Replicas, count_tokens
from service.write.writer import Claim, Health, WriterError

log = logging.getLogger(__name__)
Form = TypeVar("Form", bound=BaseModel)
# What the client libraries raise: their own errors, and what a reply that is none makes of their parsers.
FAULTS = (openai.OpenAIError, httpx.HTTPError, httpx.StreamError, ValueError, KeyError, TypeError, AttributeError)
# Waiting for tokens is timed where they are read. The client's own patience of 120 s must not come before that; with
# none at all it would leave it to the garbage collector to close the connection when a reader goes.
ENDLESS = 86_400.0  # seconds
FORM_TOKENS = 200  # a form that takes more is going round in circles
LOOPS = 3  # times that a model may write the same sentence before it is stopped
CONTEXT = re.compile(r"context|too long|maximum.{0,20}(?:length|tokens)|max_(?:model_len|tokens)", re.IGNORECASE)
THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)


class ChatModel:
    """The model on all its servers: a request goes to the one that has its beginning, or is least loaded, then on."""

    def __init__(
        self,
        replicas: Replicas,
        model: str,
        max_tokens: int,
        temperature: float,
        first_token_seconds: float,
        stall_seconds: float,
        extra_body: Mapping[str, Any],
    ) -> None:
        self.model, self.replicas = model, replicas
        self._first, self._stall = first_token_seconds, stall_seconds
        self._turn = asyncio.Lock()
        self._chats = {
            id(replica): _chat(replica, model, max_tokens, temperature, first_token_seconds, extra_body)
            for replica in replicas
        }

    async def stream(self, system: str, message: str, alike: str = "") -> AsyncGenerator[str, None]:
        """Yield the answer's text as it comes. Raises WriterError; closing this closes the connection.

        Messages that begin with the same `alike` go to the same server where they can.
        """
        async with self._turn:
            # A request takes milliseconds to make. One a turn of the loop: all else that waits comes in between.
            await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._first
        messages = _prompt(system).format_messages(message=message)
        failure = WriterError("unreachable", "no server of the language model is set")
        for replica in self.replicas.ranked(alike and f"{system}\0{alike}"):
            began = False
            stream = self._chats[id(replica)].astream(messages)
            try:
                async with aclosing(self._from(replica, stream, deadline)) as texts:
                    async for text in texts:
                        began = True
                        yield text
                return
            except WriterError as error:
                log.warning("the language model at %s: %s (%s)", replica.url, error, error.reason)
                if began or error.reason in {"slow", "context", "length"}:
                    raise
                failure = error
        raise failure

    async def _from(self, replica: Replica, stream: AsyncIterator[Any], deadline: float) -> AsyncGenerator[str, None]:
        loop = asyncio.get_running_loop()
        began, reason = False, None
        with replica.asked(), self._called(replica) as call:
            asked = time.perf_counter()
            async with aclosing(cast(AsyncGenerator[Any, None], stream)) as chunks:
                while True:
                    try:
                        async with asyncio.timeout_at(loop.time() + self._stall if began else deadline):
                            with call.active():
                                chunk = await anext(chunks, None)
                    except TimeoutError as error:
                        raise _late(began, self._first, self._stall) from error
                    except FAULTS as error:
                        raise _failure(error, began, self.model) from error
                    if chunk is None:
                        break
                    reason = chunk.response_metadata.get("finish_reason", reason)
                    if text := chunk.text:
                        if not began:
                            call.note(gen_ai__response__time_to_first_chunk=time.perf_counter() - asked)
                        began = True
                        yield text
            call.note(gen_ai__response__finish_reasons=(reason,) if reason else None)
            if reason is None:
                raise WriterError("broken", "the stream ended before the answer did")
            if reason == "length":
                raise WriterError("length", "the answer reached the most tokens it may have")

    async def fill(self, form: type[Form], system: str, message: str, seconds: float) -> Form | None:
        """Have the model fill in a form (structured output); None when it cannot or takes too long."""
        for replica in self.replicas.ranked()[:1]:
            chat = self._chats[id(replica)].model_copy(update={"max_tokens": FORM_TOKENS})
            chain = _prompt(system) | chat.with_structured_output(form, method="json_schema")
            try:
                with replica.asked(), self._called(replica) as call, call.active():
                    async with asyncio.timeout(seconds):
                        found = await chain.ainvoke({"message": message})
            except (*FAULTS, TimeoutError, WriterError) as error:
                log.info("no %s from %s: %s", form.__name__, replica.url, type(error).__name__)
                return None
            return found if isinstance(found, form) else None
        return None

    def _called(self, replica: Replica) -> AbstractContextManager[Noted]:
        """Trace a call of the model."""
        return span(
            f"chat {self.model}",
            "LLM",
            apart=True,
            gen_ai__operation__name="chat",
            gen_ai__provider__name="vllm",
            gen_ai__request__model=self.model,
            gen_ai__request__stream=True,
            llm__model_name=self.model,
            server__address=replica.url,
        )


class VllmWriter:
    """Asks the model, cuts what it writes into claims, and turns the numbers it cites into passages.

    Other rules than the shipped ones are part of its name, by their version.
    """

    def __init__(
        self,
        chat: ChatModel,
        words: Words,
        idf: Callable[[str], float],
        context_tokens: int,
        system: str = prompt.SYSTEM,
    ) -> None:
        self._chat, self._system = chat, system
        self._budget = Budget(words, idf, lambda text: count_tokens(chat.replicas, chat.model, text), context_tokens)
        own = prompt.version(system)
        self.name = f"vllm:{chat.model}" + (f"@{own}" if own != prompt.VERSION else "")

    async def write(self, query: Query, passages: Sequence[Passage], language: Language) -> AsyncIterator[Claim]:
        """Yield claims; raises WriterError when the model fails, is cut off, or says nothing at all."""
        fixed = self._system + prompt.render(query.asked, language, [], [])
        texts = await self._budget.fit(query, passages, fixed)
        order = [i for i in prompt.in_order(passages) if i in texts]
        shown = [without_commands(texts[i]) for i in order]
        message = prompt.render(query.asked, language, [passages[i] for i in order], shown)
        cutter, said, failure = Cutter(), Counter[str](), None

        async with aclosing(_thoughtless(self._chat.stream(self._system, message, "\0".join(shown)))) as stream:
            try:
                async for text in stream:
                    for claim in _claims(cutter.feed(text), order):
                        said[claim.text] += 1
                        yield claim
                    if said and max(said.values()) >= LOOPS:
                        return
            except WriterError as error:
                failure = error
        for claim in _claims(cutter.end(finished=failure is None), order):
            said[claim.text] += 1
            yield claim
        if failure:
            raise failure
        if not said:
            raise WriterError("empty", "the language model wrote nothing")

    async def health(self) -> Health:
        return await self._chat.replicas.health()


def _chat(
    replica: Replica, model: str, max_tokens: int, temperature: float, seconds: float, extra_body: Mapping[str, Any]
) -> ChatOpenAI:
    timeout = httpx.Timeout(None, connect=min(5.0, seconds))
    return ChatOpenAI(
        base_url=replica.url,
        api_key=SecretStr(replica.key),
        model=model,
        max_tokens=max_tokens,
        temperature=temperature,
        max_retries=0,
        stream_usage=False,
        stream_chunk_timeout=ENDLESS,
        http_async_client=replica.client(timeout),
        extra_body=dict(extra_body) or None,
    )


@cache
def _prompt(system: str) -> ChatPromptTemplate:
    """Make the template of a fixed text of instructions, of which there are a handful."""
    return ChatPromptTemplate.from_messages([SystemMessage(system), ("human", "{message}")])


def _claims(pieces: Iterable[Fragment], order: Sequence[int]) -> list[Claim]:
    """Turn the numbers a model cites into passages; one that it was not shown is no source."""
    return [
        Claim(piece.text, tuple(order[n - 1] for n in piece.marks if 0 < n <= len(order)), piece.lead, piece.kind)
        for piece in pieces
    ]


async def _thoughtless(texts: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """Leave out what a reasoning model thinks aloud before it answers."""
    held: str | None = ""
    async with aclosing(texts) as stream:
        async for text in stream:
            if held is None:
                yield text
                continue
            held += text
            if not "<think>".startswith(held.lstrip()[:7]) or "</think>" in held:
                yield THOUGHT.sub("", held, count=1)
                held = None


def _late(began: bool, first: float, stall: float) -> WriterError:
    if began:
        return WriterError("stalled", f"no token came for {stall:g} s")
    return WriterError("slow", f"no token came within {first:g} s")


def _failure(error: Exception, began: bool, model: str) -> WriterError:
    """Say what an error of the client libraries means."""
    said = str(error).strip().split("\n", 1)[0][:300] or type(error).__name__
    match error:
        case openai.APITimeoutError() | httpx.TimeoutException():
            return WriterError("unreachable", said)
        case openai.NotFoundError():
            return WriterError("no_model", f"{said}; does the server serve {model!r}?")
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return WriterError("refused", said)
        case openai.BadRequestError() if CONTEXT.search(said):
            return WriterError("context", said)
        case openai.APIStatusError():
            return WriterError("failed", said)
        case openai.APIConnectionError():
            return WriterError("broken" if began else "unreachable", said)
    return WriterError("broken", said)
