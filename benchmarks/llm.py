"""The service in front of a running vLLM: batching, the prefix cache, what the service adds, and what checking costs.

Start vLLM first (`python -m service.llm serve`). The service runs in a thread here, with the current index.
"""

import argparse
import asyncio
import json
import re
import statistics
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from benchmarks.loopback import serve
from ingest.index.snapshot import Snapshot
from service.api.app import create_app
from service.bootstrap import LanguageModel, Service
from service.check.support import Support, Supported
from service.parts import Parts
from service.search.passages import Passage
from service.settings import AnswerSettings, ServiceSettings, StoreSettings, VllmSettings
from service.write.vllm import ChatModel

GOLDEN = Path(__file__).parents[1] / "eval/golden/develop.jsonl"


def figure(url: str, name: str) -> float:
    text = httpx.get(f"{url.removesuffix('/v1')}/metrics", trust_env=False).text
    return sum(float(value) for value in re.findall(rf"^vllm:{name}(?:\{{[^}}]*\}})? (\S+)", text, re.MULTILINE))


class Timed:
    """Notes when each question reached the model, and what each check cost."""

    def __init__(self) -> None:
        self.checks: list[float] = []
        self.asked = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note requests to the language model."""
        stream = ChatModel.stream

        async def timed(chat: ChatModel, system: str, message: str) -> AsyncGenerator[str, None]:
            self.asked = time.perf_counter()
            async with aclosing(stream(chat, system, message)) as texts:
                async for text in texts:
                    yield text

        with patch.object(ChatModel, "stream", timed):
            yield


class TimedSupport:
    """A check that notes how long each sentence took."""

    def __init__(self, support: Support, timed: Timed) -> None:
        self._support, self._timed = support, timed

    async def score(self, sentence: str, passages: Sequence[Passage], question: str) -> list[Supported]:
        began = time.perf_counter()
        found = await self._support.score(sentence, passages, question)
        self._timed.checks.append((time.perf_counter() - began) * 1000)
        return found


class TimedService(Service):
    """The real service with a clock beside its check."""

    def __init__(self, settings: ServiceSettings, timed: Timed) -> None:
        super().__init__(settings)
        self._timed = timed

    def parts(self, snapshot: Snapshot, model: LanguageModel | None = None) -> Parts:
        parts = super().parts(snapshot, model)
        return replace(parts, support=TimedSupport(parts.support, self._timed))


async def ask(client: httpx.AsyncClient, questions: list[str], at_once: int) -> list[dict[str, Any]]:
    gate = asyncio.Semaphore(at_once)

    async def one(question: str) -> dict[str, Any]:
        async with gate:
            reply = await client.post("/v1/ask", json={"question": question})
            return dict(reply.raise_for_status().json())

    return await asyncio.gather(*map(one, questions))


async def measure(address: str, url: str, questions: list[str], timed: Timed) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=1200, trust_env=False) as client:
        rates = {}
        # Batching speeds up writing, not reading, so both rates are of prompts that the cache holds.
        for name, at_once, asked in (
            ("new", 8, questions[:16]),
            ("known", 1, questions[:4]),
            ("known", 8, questions[:16]),
        ):
            tokens, began = figure(url, "generation_tokens_total"), time.perf_counter()
            hits, looked = figure(url, "prefix_cache_hits_total"), figure(url, "prefix_cache_queries_total")
            await ask(client, asked, at_once)
            rates[at_once] = (figure(url, "generation_tokens_total") - tokens) / (time.perf_counter() - began)
            share = (figure(url, "prefix_cache_hits_total") - hits) / (
                figure(url, "prefix_cache_queries_total") - looked
            )
            rate = f"{rates[at_once]:.1f} tokens/s, {share:.2f} of the prompt tokens were cached"
            print(f"{name} questions, {at_once} at once: {rate}")
        print(f"ratio {rates[8] / rates[1]:.1f}")
        added = []
        for question in questions[16:24]:
            began = time.perf_counter()
            (reply,) = await ask(client, [question], 1)
            if reply["generator"].startswith("vllm:"):
                searched = sum(reply["timings_ms"][stage] for stage in ("embed", "retrieve", "rerank", "decide"))
                added.append((timed.asked - began) * 1000 - searched)
    print(f"added before the model is asked: median {statistics.median(added):.0f} ms, {max(added):.0f} at most")
    print(f"a sentence's check: median {statistics.median(timed.checks):.0f} ms of {len(timed.checks)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8001/v1")
    parser.add_argument("--store", default="var/bench.sqlite")
    options = parser.parse_args()
    name = httpx.get(f"{options.url}/models", trust_env=False).json()["data"][0]["id"]
    writer = VllmSettings(
        kind="vllm", base_urls=[options.url], model=name, first_token_seconds=600, stall_seconds=300, max_tokens=150
    )
    store, timed = StoreSettings(path=Path(options.store)), Timed()
    service = TimedService(ServiceSettings(writer=writer, answer=AnswerSettings(cache_size=0), store=store), timed)
    records = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
    questions = [r["question"] for r in records if r["status"] == "answered" and r["kind"] in {"paraphrase", "english"}]
    with timed.watching(), serve(create_app(service)) as address:
        asyncio.run(measure(address, options.url, questions, timed))


if __name__ == "__main__":
    main()
