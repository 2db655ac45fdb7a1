"""The MCP server with the SDK's own client: over HTTP and on stdio, as of 2026-07-28 and before."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult, ResourceLink, TextContent, TextResourceContents

from benchmarks.loopback import serve
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.api.mcp.uri import PassageName, UriError, parse_uri
from service.bootstrap import Service
from service.settings import ServiceSettings
from tests.support.endless import Endless, EndlessService
from tests.support.paths import ROOT

QUESTION = "QLoRA 为什么省显存？"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def url(settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot) -> Iterator[str]:
    with serve(create_app(Service(settings, embedder))) as url:
        yield url


def on_stdio(*more: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=["-m", "service", "mcp", *more], cwd=ROOT, env=dict(os.environ)
    )


@pytest.fixture(params=["http", "http legacy", "stdio", "stdio legacy"])
def client(request: pytest.FixtureRequest, url: str) -> Callable[[], Client]:
    """A client over each transport and generation of the protocol; that on stdio asks the same service."""
    transport, _, legacy = str(request.param).partition(" ")
    mode = "legacy" if legacy else "auto"
    return lambda: Client(f"{url}/mcp" if transport == "http" else on_stdio("--url", url), mode=mode)


def text(result: CallToolResult) -> str:
    (first, *_) = result.content
    assert isinstance(first, TextContent)
    return first.text


def test_tools_say_what_they_take_and_give(client: Callable[[], Client]) -> None:
    async def main() -> None:
        async with client() as mcp:
            tools = (await mcp.list_tools()).tools
            assert [tool.name for tool in tools] == ["ask", "search", "fetch", "outline"]
            for tool in tools:
                assert tool.annotations
                assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
                assert tool.output_schema
                assert tool.output_schema["type"] == "object"
            asked = tools[0]
            assert asked.output_schema
            assert asked.output_schema["$defs"]["Citation"]["properties"].keys() >= {"quote", "start", "end", "n"}
            assert asked.input_schema["required"] == ["question"]

    anyio.run(main)


def test_an_answer_is_that_of_the_service(client: Callable[[], Client], url: str, snapshot: Snapshot) -> None:
    told: list[str | None] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async def main() -> CallToolResult:
        async with client() as mcp:
            return await mcp.call_tool("ask", {"question": QUESTION}, progress_callback=note)

    result = anyio.run(main)
    reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, trust_env=False).json()
    found: Any = result.structured_content
    assert not result.is_error
    for name in ("status", "answer", "citations", "related"):
        assert found[name] == reply[name]
    assert found["answer"] in text(result)
    links = [each for each in result.content if isinstance(each, ResourceLink)]
    assert len(links) == len(found["citations"]) > 0
    for link, citation in zip(links, found["citations"], strict=True):
        place = PassageName(citation["document"], citation["start"], citation["end"])
        assert parse_uri(str(link.uri)) == place
        assert snapshot.documents[place.document][place.start : place.end] == citation["quote"] == link.description
        assert f"[{citation['n']}]" in text(result)
    assert "".join(filter(None, told)) == found["answer"]


def test_search_and_fetch_are_a_pair(client: Callable[[], Client], snapshot: Snapshot) -> None:
    async def main() -> None:
        async with client() as mcp:
            found: Any = (await mcp.call_tool("search", {"query": QUESTION, "k": 3})).structured_content
            assert len(found["results"]) == 3
            for each in found["results"]:
                fetched: Any = (await mcp.call_tool("fetch", {"id": each["id"]})).structured_content
                assert fetched["text"] == each["text"]
                place = slice(fetched["start"], fetched["end"])
                assert snapshot.documents[fetched["document"]][place] == fetched["text"]
            entry: Any = (await mcp.call_tool("fetch", {"id": "5.4"})).structured_content
            assert "QLoRA" in entry["title"]

    anyio.run(main)


def test_contents_and_resources(client: Callable[[], Client], snapshot: Snapshot) -> None:
    async def main() -> None:
        async with client() as mcp:
            contents = await mcp.call_tool("outline", {})
            found: Any = contents.structured_content
            assert found["documents"] == list(snapshot.documents)
            assert "5.4 ★" in text(contents)
            listed = (await mcp.list_resources()).resources
            assert len(listed) == len(snapshot.documents) + len(snapshot.entries)
            for resource in (listed[0], listed[1]):
                (read,) = (await mcp.read_resource(str(resource.uri))).contents
                assert isinstance(read, TextResourceContents)
                assert read.text
            templates = (await mcp.list_resource_templates()).resource_templates
            assert [each.name for each in templates] == ["passage", "entry"]

    anyio.run(main)


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("ask", {"question": ""}, "question: String should have at least 1 character. Correct the arguments"),
        ("ask", {}, "question: Field required"),
        ("ask", {"question": "x", "lang": "zh"}, "lang: Extra inputs are not permitted"),
        ("search", {"query": "x", "k": 99}, "k: Input should be less than or equal to 50"),
        ("fetch", {"id": "99.99"}, "There is no entry '99.99'"),
        ("fetch", {"id": "outline-qa://documents/none.md"}, "outline lists what there is"),
        ("fetch", {"id": "outline-qa://documents/x?start=y"}, "whole numbers"),
        ("fetch", {"id": "https://example.com/"}, "outline-qa://documents/NAME"),
        ("answer", {}, "the tools are ask, search, fetch, outline"),
    ],
)
def test_errors_are_results_with_a_remedy(url: str, tool: str, given: dict[str, Any], said: str) -> None:
    async def main() -> CallToolResult:
        async with Client(f"{url}/mcp") as mcp:
            return await mcp.call_tool(tool, given)

    result = anyio.run(main)
    assert result.is_error
    assert said in text(result)
    assert "Traceback" not in text(result)


@pytest.mark.parametrize("pause", [0.01, 3600], ids=["while it writes", "while it waits"])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_a_cancelled_call_ends_the_generation(
    settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, pause: float, mode: str, transport: str
) -> None:
    writer = Endless(pause)
    app = create_app(EndlessService(settings, embedder, writer))
    begun = threading.Event()

    async def note(progress: float, total: float | None, message: str | None) -> None:
        begun.set()

    async def main(url: str) -> None:
        server = f"{url}/mcp" if transport == "http" else on_stdio("--url", url)
        async with Client(server, mode=mode) as mcp, anyio.create_task_group() as group:

            async def call() -> None:
                await mcp.call_tool("ask", {"question": "什么是位置编码？"}, progress_callback=note)

            group.start_soon(call)
            while not begun.is_set():
                await anyio.sleep(0.01)
            assert not writer.stopped.is_set()
            group.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                assert await anyio.to_thread.run_sync(writer.stopped.wait, 1)

    with serve(app) as url:
        anyio.run(main, url)


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("https://evil.example", None, 403),
        ("null", None, 403),
        ("http://evil.example", "evil.example", 421),  # a name that was made to lead here
        ("https://qa.example.com", None, 200),
        (None, None, 200),
    ],
)
def test_foreign_pages_are_refused(
    settings: ServiceSettings, embedder: Embedder, snapshot: Snapshot, origin: str | None, host: str | None, status: int
) -> None:
    widget = settings.widget.model_copy(update={"origins": ["https://qa.example.com"]})
    headers = {"Accept": "application/json, text/event-stream"}
    headers |= {"Origin": origin} if origin else {}
    headers |= {"Host": host} if host else {}
    greeting = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    with serve(create_app(Service(settings.model_copy(update={"widget": widget}), embedder))) as url:
        reply = httpx.post(f"{url}/mcp", json=greeting, headers=headers, trust_env=False)
    assert reply.status_code == status
    if status == 403:
        assert "OUTLINE_QA_WIDGET__ORIGINS" in json.loads(reply.content)["detail"]


@pytest.mark.slow
def test_a_server_in_process_answers_on_stdio(settings: ServiceSettings, snapshot: Snapshot) -> None:
    server = on_stdio()
    assert server.env is not None
    server.env.update(OUTLINE_QA_INDEX=str(settings.index), OUTLINE_QA_MODELS=str(settings.models))

    async def main() -> CallToolResult:
        async with Client(server) as mcp:
            return await mcp.call_tool("ask", {"question": QUESTION})

    found: Any = anyio.run(main).structured_content
    assert found["status"] == "answered"


def test_addresses_of_any_name() -> None:
    name = PassageName("资料/a b?.md", 3, 9)
    assert parse_uri(str(name)) == name
    assert parse_uri(str(PassageName("a.md"))) == PassageName("a.md")
    with pytest.raises(UriError):
        parse_uri("outline-qa://documents/")
