"""What a key may not read comes back by no door: no text, title, citation or count."""

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.testclient import TestClient

from benchmarks.loopback import serve
from ingest.__main__ import ensure
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.rights import RIGHTS
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings, ShippedSettings

BRIEF = ShippedSettings(budget_ms=600_000, candidates=3)  # hundreds of questions are asked
OUTLINE, SECRET = "大模型全技术面试大纲.md", "starfish.md"
NOTE = (
    "# 海星计划薪酬\n\n## 1. 奖金\n\n### ★★★★★ **1. 海星计划的奖金是多少？**\n\n"
    "海星计划的奖金是七千八百元，由辛未签字。\n\n"
    "### ★★☆☆☆ **2. 海星计划何时解散？**\n\n## 2. 名单\n\n### ★★★☆☆ **1. 谁在海星计划里？**\n\n辛未、壬申和癸酉。\n"
)
# Whatever of the note might be in a reply, also as JSON or in an address spells it.
TOLD = re.compile("海星|薪酬|七千八百|辛未|壬申|癸酉|starfish|\\\\u6d77\\\\u661f|%E6%B5%B7")
QUESTIONS = (
    "海星计划的奖金是多少？",
    "谁在海星计划里？",
    "海星计划何时解散？",
    "What is the bonus?",
    "有多少道题没有答案？",
    "一共有几个章节？",
    "列出所有五星题",
    "第1.1题讲什么？",
    "第2章是什么？",
    "你能回答什么？",
    "有哪些文档？",
)


@pytest.fixture(scope="module")
def own(
    settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory
) -> ServiceSettings:
    """The outline and a note that not all may read."""
    folder = tmp_path_factory.mktemp("doors")
    shutil.copytree(settings.index, folder / "index")
    (folder / "notes").mkdir()
    (folder / "notes" / SECRET).write_text(NOTE, "utf-8")
    made = settings.model_copy(
        update={
            "index": folder / "index",
            "corpus": [*settings.corpus, folder / "notes"],
            "rerank": BRIEF,
            "access": settings.access.model_copy(update={"path": folder / "access.sqlite", "per_minute": None}),
        }
    )
    ensure(made, embedder)
    return made


@pytest.fixture(scope="module")
def secrets(own: ServiceSettings) -> dict[str, str]:
    keys = LedgerKeys(Ledger(own.access.path))
    reads = {"all": ("*",), "outline": (OUTLINE,), "note": (SECRET,), "part": (f"{SECRET}#2",), "none": ("x.md",)}
    return {name: keys.make(NewKey(name, RIGHTS, documents), "test")[1] for name, documents in reads.items()}


@pytest.fixture(scope="module")
def app(own: ServiceSettings, embedder: Embedder, secrets: dict[str, str]) -> Iterator[TestClient]:
    with TestClient(create_app(Service(own, embedder)), client=("203.0.113.5", 50000)) as client:
        yield client


@pytest.fixture(scope="module")
def baseline(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Iterator[TestClient]:
    """A service that has never seen the note."""
    with TestClient(create_app(Service(settings.model_copy(update={"rerank": BRIEF}), embedder))) as client:
        yield client


def asked(client: TestClient, secret: str | None) -> Iterator[tuple[str, Any]]:
    """Ask every door; yield how, and the reply."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    posts: list[tuple[str, dict[str, Any]]] = []
    for question in QUESTIONS:
        every: tuple[dict[str, Any] | None, ...] = (None, {"documents": [SECRET]}, {"sections": [1, 2]})
        for filters in every if question in QUESTIONS[:4] else every[:1]:
            posts += [
                ("/v1/ask", {"question": question, "filters": filters}),
                ("/v1/ask", {"question": question, "filters": filters, "stream": True}),
                ("/v1/search", {"query": question, "k": 50, "filters": filters}),
            ]
        messages = [{"role": "user", "content": question}]
        for more in ({}, {"stream": True}):
            posts.append(("/v1/chat/completions", {"model": "outline-qa", "messages": messages} | more))
        posts.append(("/v1/responses", {"model": "outline-qa", "input": question}))
    for path, body in posts:
        yield f"{path} {json.dumps(body, ensure_ascii=False)}", client.post(path, json=body, headers=headers)
    for path in (
        "/v1/outline",
        "/v1/widget",
        "/v1/models",
        "/v1/entries/1.1",
        f"/v1/entries/1.1?document={SECRET}",
        f"/v1/entries/2.1?document={SECRET}",
        f"/v1/documents/{SECRET}",
        f"/v1/documents/{SECRET}?start=0&end=5",
        "/readyz",
        "/metrics",
    ):
        yield path, client.get(path, headers=headers)


def call_tools(url: str, secret: str) -> Iterator[tuple[str, str, bool]]:
    """Call every tool of /mcp; yield how, what it told, and whether that was an answer."""
    names = (f"outline-qa://documents/{SECRET}", f"outline-qa://entries/1.1?document={SECRET}", "1.1", "2.1")
    calls: list[tuple[str, dict[str, Any]]] = [("outline", {})]
    calls += [("fetch", {"id": name}) for name in names]
    for question in QUESTIONS:
        calls += [("ask", {"question": question}), ("search", {"query": question, "k": 50})]
        calls.append(("search", {"query": question, "filters": {"documents": [SECRET]}}))

    async def main() -> list[tuple[str, str, bool]]:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {secret}"}, timeout=120) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as mcp,
        ):
            done = [(name, given, await mcp.call_tool(name, given)) for name, given in calls]
            listed = (await mcp.list_resources()).model_dump_json()
            return [("resources", listed, True)] + [
                (f"{name} {given}", reply.model_dump_json(), not reply.is_error) for name, given, reply in done
            ]

    yield from anyio.run(main)


def told(how: str, reply: Any) -> str:
    """What a reply tells beside what was asked, which it may repeat."""
    text: str = reply.text
    for question in QUESTIONS:
        text = text.replace(json.dumps(question, ensure_ascii=False)[1:-1], "").replace(question, "")
    return text.replace(f"'{SECRET}'", "")


def test_nothing_of_what_may_not_be_read_comes_back(app: TestClient, secrets: dict[str, str]) -> None:
    seen = 0
    for how, reply in asked(app, secrets["outline"]):
        assert reply.status_code in (200, 404, 405), (how, reply.text)
        assert not TOLD.search(told(how, reply)), how
        seen += 1
    assert seen >= 100


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_nor_by_the_tools(own: ServiceSettings, embedder: Embedder, secrets: dict[str, str]) -> None:
    with serve(create_app(Service(own, embedder))) as url:
        for how, text, _ in call_tools(url, secrets["outline"]):
            for question in QUESTIONS:
                text = text.replace(question, "")
            named = re.sub(r"outline-qa://(documents|entries)/[^'\" ]*|'starfish.md'", "", text)
            assert not TOLD.search(named), how
        may = [how.split()[0] for how, text, good in call_tools(url, secrets["all"]) if good and "辛未" in text]
        assert {"ask", "search", "fetch"} <= set(may)


def test_who_may_reads_it_by_each_door(app: TestClient, secrets: dict[str, str]) -> None:
    """Or the test before would hold of a service that says nothing."""
    paths = {how.split()[0].split("?")[0] for how, reply in asked(app, secrets["all"]) if TOLD.search(told(how, reply))}
    assert paths >= {"/v1/ask", "/v1/search", "/v1/chat/completions", "/v1/outline", f"/v1/documents/{SECRET}"}


def test_answers_are_those_of_an_index_without_it(
    app: TestClient, baseline: TestClient, secrets: dict[str, str]
) -> None:
    """Scores, counts and words too: as if the note had never been there."""
    headers = {"Authorization": f"Bearer {secrets['outline']}"}
    for question in (*QUESTIONS, "什么是 LoRA？"):
        for path, body in (("/v1/search", {"query": question, "k": 20}), ("/v1/ask", {"question": question})):
            mine, theirs = app.post(path, json=body, headers=headers).json(), baseline.post(path, json=body).json()
            for reply in (mine, theirs):
                for name in ("id", "index_version", "timings_ms"):
                    reply.pop(name, None)
            assert mine == theirs, question
    for path in ("/v1/outline", "/v1/widget"):
        mine, theirs = app.get(path, headers=headers).json(), baseline.get(path).json()
        assert {**mine, "index_version": ""} == {**theirs, "index_version": ""}


def test_a_shared_answer_is_shared_with_nobody_who_may_not_have_it(app: TestClient, secrets: dict[str, str]) -> None:
    body = {"question": QUESTIONS[0]}
    for name, answered in (("all", True), ("outline", False), ("note", True), ("all", True)):
        reply = app.post("/v1/ask", json=body, headers={"Authorization": f"Bearer {secrets[name]}"}).json()
        assert ("七千八百" in json.dumps(reply, ensure_ascii=False)) is answered, name


def test_an_answer_is_read_again_by_those_alone_who_may_read_as_much(app: TestClient, secrets: dict[str, str]) -> None:
    headers = {name: {"Authorization": f"Bearer {secret}"} for name, secret in secrets.items()}
    readers = {"all": {"all"}, "outline": {"all", "outline"}, "note": {"all", "note"}, "part": {"all", "part"}}
    for asker, may in readers.items():
        for question in (QUESTIONS[0], "有哪些文档？"):
            asked = app.post("/v1/ask", json={"question": question}, headers=headers[asker]).json()
            done = app.post("/v1/ask", json={"question": question, "stream": True}, headers=headers[asker]).text
            streamed = re.findall('"id":"(a-[0-9a-f]+)"', done)[-1]
            for id in (asked["id"], streamed):
                got = {
                    name for name in headers if app.get(f"/v1/answers/{id}", headers=headers[name]).status_code == 200
                }
                assert got == may, (asker, question)
                assert app.get(f"/v1/answers/{id}").status_code == 401


def test_one_section_alone(app: TestClient, secrets: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {secrets['part']}"}
    outline = app.get("/v1/outline", headers=headers).json()
    assert [(s["document"], s["number"], len(s["entries"])) for s in outline["sections"]] == [(SECRET, 2, 1)]
    text = app.get(f"/v1/documents/{SECRET}", headers=headers).json()["text"]
    assert "壬申" in text
    assert not re.search("七千八百|解散|薪酬|奖金", text)
    assert app.get("/v1/entries/1.1", headers=headers).status_code == 404
    for question in QUESTIONS[:3]:
        reply = app.post("/v1/ask", json={"question": question}, headers=headers)
        assert "七千八百" not in reply.text


def test_a_key_that_reads_nothing(app: TestClient, secrets: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {secrets['none']}"}
    for path, body in (("/v1/ask", {"question": "什么是 LoRA？"}), ("/v1/search", {"query": "LoRA"})):
        assert app.post(path, json=body, headers=headers).status_code == 403
    assert app.get("/v1/outline", headers=headers).status_code == 403


def test_without_a_key_no_door_opens(app: TestClient) -> None:
    for secret in (None, "oq_forged", "sk-other", "a.b.c"):
        for how, reply in asked(app, secret):
            if how != "/readyz":
                assert reply.status_code == 401, how
                assert reply.headers["WWW-Authenticate"] == "Bearer"
                assert not TOLD.search(told(how, reply))


def test_every_path_needs_a_key_but_those_that_are_open(app: TestClient) -> None:
    """Doors that are not yet made too: what no table names needs all rights."""
    for path in (
        "/docs",
        "/docs/files/x.js",
        "/openapi.json",
        "/metrics",
        "/v1/new-door",
        "/mcp",
        "/mcp/x",
        "/nothing",
    ):
        assert app.get(path).status_code == 401, path
        assert app.post(path).status_code == 401, path
    for path in ("/", "/widget.js", "/healthz", "/readyz"):
        assert app.get(path).status_code == 200, path
