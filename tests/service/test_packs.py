"""Two packs in one process: each app answers with the words of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from ingest.__main__ import ensure
from ingest.pack import none
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import AnswerSettings, NoRerankSettings, ServiceSettings, StoreSettings
from tests.support.packs import PACK, write_pack
from tests.support.tiny_embedder import TinyEmbedder

NOTE = """# 笔记

## 1. 海洋

★★ **1. 海星协议怎么发言？**

五个节点轮流发言，编号最小的先开始。

★★ **2. 水母协议怎么发言？**

任何节点随时发言，冲突时都停下。

★★ **3. 海胆协议怎么发言？**
"""
ASKED = "starfish rotation"
PACKS = {
    "a.md": {"glossary.txt": "海星协议 | starfish rotation\n", "terms.txt": "海星协议\n"},
    "b.md": {"glossary.txt": "水母协议 | starfish rotation\n", "terms.txt": "水母协议\n"},
    "c.md": {"covered.jsonl": '{"question": "海胆协议怎么发言？", "covered_by": ["海星协议怎么发言？"]}\n'},
    "none.md": None,
}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, TestClient]]:
    """An app for each document, by its name; the documents say the same."""
    root = tmp_path_factory.mktemp("packs")
    for name, parts in PACKS.items():
        if parts is not None:
            write_pack(root / "packs" / Path(name).stem, [name], parts)
    with ExitStack() as stack:
        yield {name: stack.enter_context(TestClient(app(root, name))) for name in PACKS}


def app(root: Path, name: str) -> FastAPI:
    folder = root / Path(name).stem
    folder.mkdir()
    (folder / name).write_text(NOTE, "utf-8")
    settings = ServiceSettings(
        corpus=[folder],
        index=folder / "index",
        packs=root / "packs",
        store=StoreSettings(path=folder / "store.sqlite"),
        rerank=NoRerankSettings(kind="none"),
        answer=AnswerSettings(min_confidence=0),  # two entries tell little of what belongs to them
    )
    embedder = TinyEmbedder()
    ensure(settings, embedder)
    return create_app(Service(settings, embedder))


def ask(client: TestClient, question: str) -> dict[str, Any]:
    reply = client.post("/v1/ask", json={"question": question})
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


@pytest.mark.parametrize(("name", "entry"), [("a.md", "1.1"), ("b.md", "1.2")])
def test_a_name_leads_where_its_own_pack_says(clients: dict[str, TestClient], name: str, entry: str) -> None:
    body = ask(clients[name], ASKED)
    assert body["status"] == "answered"
    assert body["citations"][0]["entry_id"] == entry
    assert {citation["document"] for citation in body["citations"]} == {name}


def test_without_a_pack_it_is_a_name_of_nothing(clients: dict[str, TestClient]) -> None:
    def ranks(name: str) -> list[int | None]:
        found = clients[name].post("/v1/search", json={"query": ASKED}).json()["results"]
        return [result["bm25_rank"] for result in found]

    assert 1 in ranks("a.md")
    assert set(ranks("none.md")) == {None}


def test_a_subject_is_covered_where_its_own_pack_says_so(clients: dict[str, TestClient]) -> None:
    question = "海胆轮流发言吗？"
    assert ask(clients["a.md"], question)["status"] == "listed_unanswered"
    assert ask(clients["c.md"], question)["status"] == "answered"


def test_each_speaks_of_its_own_documents(clients: dict[str, TestClient]) -> None:
    def name(of: str) -> str:
        return str(clients[of].get("/v1/outline").json()["speech"]["zh"]["name"])

    assert name("a.md") == name("b.md") == "笔记"
    assert name("none.md") == none().card.speech["zh"].name


@pytest.mark.parametrize("name", list(PACKS))
def test_nothing_is_said_of_other_documents(clients: dict[str, TestClient], name: str) -> None:
    replies = [
        clients[name].get("/").text,
        clients[name].get("/v1/outline").text,
        *(str(ask(clients[name], question)) for question in (ASKED, "这份大纲讲什么？", "一共有多少道题？", "你好")),
    ]
    for speech in PACK.card.speech.values():
        for word in (speech.name, speech.about, *speech.questions):
            assert not [reply for reply in replies if word in reply], word
