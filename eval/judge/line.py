"""The line to a judge: forms filled in by a model, few requests at once, replies kept, silence once it is gone."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import openai
from openai.types.chat import ChatCompletion
from openai.types.shared_params import ResponseFormatJSONSchema
from pydantic import BaseModel, ValidationError

PRIORITY = 100  # of vLLM: larger waits longer, people's questions have 0
PATIENCE = 3  # requests in a row without a reply before the judge counts as down
WARM = 0.3  # temperature at which a reply that is not the form is asked for again, and of repeats
HOPELESS = (401, 403, 404)  # statuses that every request will get
NO_FORM = "the reply is not the form asked for"
Form = TypeVar("Form", bound=BaseModel)
Reply = TypeVar("Reply")


class JudgeError(Exception):
    """A judge that cannot be used at all; the text says what to do."""


class UnjudgedError(Exception):
    """One request without a form filled in; the text is the reason, in a few words."""


class _CutOffError(UnjudgedError):
    """A reply that was too long; a small model that repeats itself at temperature 0 may not do so at another."""


class Store(Protocol):
    """Keeps replies: ragas.cache.DiskCacheBackend, or a dict of the same methods."""

    def get(self, key: str) -> object: ...

    def set(self, key: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """How a judge is asked. `url` ends in /v1; `model` None is the server's first; `timeout` is in seconds."""

    url: str
    model: str | None = None
    api_key: str = "EMPTY"
    concurrency: int = 2
    timeout: float = 180
    priority: int | None = PRIORITY
    max_tokens: int = 2048


class Line:
    """Asks one judge, within one event loop.

    After PATIENCE requests in a row without a reply, or a refusal that all others would get, `down` says why and
    nothing more is asked.
    """

    def __init__(self, terms: Terms, store: Store) -> None:
        self.model, self.down = terms.model, ""
        self._terms, self._store, self._missed = terms, store, 0
        self._room, self._finding = asyncio.Semaphore(terms.concurrency), asyncio.Lock()
        self._client = openai.AsyncOpenAI(
            base_url=terms.url,
            api_key=terms.api_key,
            timeout=terms.timeout,
            max_retries=1,
            # A proxy of the environment must not come between this and a loopback address.
            http_client=openai.DefaultAsyncHttpxClient(trust_env=False),
        )

    async def close(self) -> None:
        await self._client.close()

    async def find_model(self) -> str:
        """Return the model's name, the server's first when none was given; raises UnjudgedError."""
        async with self._finding:
            if self.model is None:
                listed = await self._reply(self._client.models.list)
                if not listed.data:
                    raise UnjudgedError("the server has no model")
                self.model = listed.data[0].id
            return self.model

    async def check(self, prompt: str, form: type[Form]) -> str:
        """Return the model's name after one request that no kept reply stands for; raises UnjudgedError."""
        model = await self.find_model()
        try:
            await self._fill(model, prompt, form, 0, 0.0)
        except ValidationError as error:
            raise UnjudgedError(NO_FORM) from error
        return model

    async def ask(self, prompt: str, form: type[Form], seed: int = 0, temperature: float = 0.0) -> Form:
        """Return the form as the model fills it in, or filled it in before.

        A reply that is not the form is asked for once more, at WARM, and one that was cut off with twice the room.
        Raises UnjudgedError, and JudgeError when the reply cannot be kept.
        """
        model = await self.find_model()
        key = self._key(model, prompt, form, seed, temperature)
        if isinstance(stored := self._store.get(key), str):
            return form.model_validate_json(stored)
        async with self._room:
            try:
                filled = await self._fill(model, prompt, form, seed, temperature)
            except (ValidationError, _CutOffError) as first:
                room = self._terms.max_tokens * (1 + isinstance(first, _CutOffError))
                try:
                    filled = await self._fill(model, prompt, form, seed + 1000, WARM, room)
                except ValidationError as error:
                    raise UnjudgedError(NO_FORM) from error
        self._keep(key, filled)
        return filled

    async def _fill(
        self, model: str, prompt: str, form: type[Form], seed: int, temperature: float, room: int | None = None
    ) -> Form:
        room = room or self._terms.max_tokens
        wanted: ResponseFormatJSONSchema = {
            "type": "json_schema",
            "json_schema": {"name": form.__name__, "schema": form.model_json_schema(), "strict": True},
        }
        priority = self._terms.priority
        reply = await self._reply(
            lambda: self._client.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": prompt}],
                response_format=wanted,
                max_tokens=room,
                temperature=temperature,
                seed=seed,
                extra_body=None if priority is None else {"priority": priority},
            )
        )
        if not isinstance(reply, ChatCompletion) or not reply.choices:
            raise UnjudgedError("the reply is no chat completion")
        choice = reply.choices[0]
        if choice.finish_reason == "length":
            raise _CutOffError(f"the reply is longer than {room} tokens")
        return form.model_validate_json(choice.message.content or "")

    async def _reply(self, request: Callable[[], Awaitable[Reply]]) -> Reply:
        """Return what a request gives; raises UnjudgedError with the reason when that is no reply."""
        if self.down:
            raise UnjudgedError(self.down)
        try:
            async with asyncio.timeout(self._terms.timeout):  # with the client's own second try
                reply = await request()
        except (TimeoutError, openai.APIConnectionError) as error:
            late = isinstance(error, TimeoutError | openai.APITimeoutError)
            reason = f"no reply in {self._terms.timeout:g} s" if late else f"no connection: {error.__cause__ or error}"
            self._missed += 1
            if self._missed >= PATIENCE:
                self.down = f"the judge is down: {reason}, {PATIENCE} times in a row"
            raise UnjudgedError(reason) from error
        except openai.APIStatusError as error:
            self._missed = 0
            raise UnjudgedError(self._refused(error)) from error
        except (openai.OpenAIError, ValueError) as error:
            raise UnjudgedError("the reply is no chat completion") from error
        self._missed = 0
        return reply

    def _refused(self, error: openai.APIStatusError) -> str:
        code, message = error.status_code, error.message
        if code in HOPELESS:
            self.down = f"the judge refuses model {self.model!r} with HTTP {code}; are its name and the key right?"
            return self.down
        if code in (400, 422) and "priority" in message.lower():
            self.down = (
                "the judge takes no `priority`: start vLLM with --scheduling-policy priority, or ask without priority"
            )
            return self.down
        if code == 400 and "context" in message.lower():
            return "too long for the judge's context"
        return f"HTTP {code}"

    def _key(self, model: str, prompt: str, form: type[BaseModel], seed: int, temperature: float) -> str:
        """Return what a reply is kept under: all that it depends on."""
        request = [prompt, form.model_json_schema(), seed, temperature]
        parts = [self._terms.url, model, self._terms.max_tokens, *request]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()

    def _keep(self, key: str, filled: BaseModel) -> None:
        try:
            self._store.set(key, filled.model_dump_json())
        except (OSError, sqlite3.Error) as error:
            raise JudgeError(f"cannot keep the judge's replies: {error}; make room, and run it again") from error
