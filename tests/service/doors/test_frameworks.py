"""Frameworks that people build with ask through OpenAI's doors, and the agent of the documentation keeps refusals."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from benchmarks.loopback import serve
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings
from tests.support.paths import ROOT

QUESTIONS = ["QLoRA 为什么省显存？", "什么是模型剪枝？", "What is the capital of France?"]
LLAMA_INDEX = Path(os.environ.get("LLAMA_INDEX", ""))
ASK = """
import json, sys
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

url, question = sys.argv[1:]
llm = OpenAILike(api_base=f"{url}/v1", api_key="none", model="outline-qa", is_chat_model=True)
messages = [ChatMessage(role="user", content=question)]
whole = llm.chat(messages)
pieces = "".join(each.delta or "" for each in llm.stream_chat(messages))
message = whole.raw.choices[0].message.model_dump()
print(json.dumps({"text": whole.message.content, "streamed": pieces, "citations": message["citations"]}))
"""
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def url(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Iterator[str]:
    with serve(create_app(Service(settings, embedder))) as url:
        yield url


def ask(url: str, question: str) -> dict[str, Any]:
    reply = httpx.post(f"{url}/v1/ask", json={"question": question}, timeout=120, trust_env=False)
    body: dict[str, Any] = reply.raise_for_status().json()
    return body


@pytest.mark.parametrize("question", QUESTIONS)
def test_langchains_client_of_openai(url: str, question: str) -> None:
    model = ChatOpenAI(base_url=f"{url}/v1", api_key=SecretStr("none"), model="outline-qa")
    expected = ask(url, question)
    assert model.invoke(question).text == expected["answer"]
    assert "".join(chunk.text for chunk in model.stream(question)) == expected["answer"]


def test_langchains_client_of_responses_has_the_quotes(url: str) -> None:
    model = ChatOpenAI(base_url=f"{url}/v1", api_key=SecretStr("none"), model="outline-qa", use_responses_api=True)
    expected = ask(url, QUESTIONS[0])
    message = model.invoke(QUESTIONS[0])
    assert message.text == expected["answer"]
    (block,) = (each for each in message.content if isinstance(each, dict) and each["type"] == "text")
    quotes = {note["n"]: note["quote"] for note in block["annotations"]}
    assert quotes == {each["n"]: each["quote"] for each in expected["citations"]}


def test_the_agent_of_the_documentation_keeps_refusals(url: str) -> None:
    page = (ROOT / "docs" / "interfaces.md").read_text("utf-8")
    (code,) = (each for each in re.findall(r"```python\n(.*?)```", page, re.S) if "StateGraph" in each)
    made: dict[str, Any] = {}
    exec(code.replace("http://127.0.0.1:8000", url).replace('return {"messages": []}', "return MORE"), made)
    made["MORE"] = {"messages": [("ai", "more")]}
    answered = _run(made["agent"], QUESTIONS[0])
    assert [each.type for each in answered] == ["human", "ai", "ai"]
    assert answered[1].text == ask(url, QUESTIONS[0])["answer"]
    for question in QUESTIONS[1:]:
        refused = _run(made["agent"], question)
        assert [each.type for each in refused] == ["human", "ai"]
        assert refused[1].text == ask(url, question)["answer"]


def _run(agent: Any, question: str) -> list[Any]:
    found: list[Any] = asyncio.run(agent.ainvoke({"messages": [("user", question)]}))["messages"]
    return found


@pytest.mark.skipif(not LLAMA_INDEX.is_file(), reason="LLAMA_INDEX names no Python that has it; make test-clients")
@pytest.mark.parametrize("question", QUESTIONS)
def test_llama_index(url: str, question: str) -> None:
    done = subprocess.run([LLAMA_INDEX, "-c", ASK, url, question], capture_output=True, text=True, check=True)
    said, expected = json.loads(done.stdout), ask(url, question)
    assert said["text"] == said["streamed"] == expected["answer"]
    assert [each["quote"] for each in said["citations"]] == [each["quote"] for each in expected["citations"]]
