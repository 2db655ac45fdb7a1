"""Secrets that the service is given stand in nothing that it says: replies, pages, log, spans, figures, files."""

import logging
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr
from starlette.testclient import TestClient

from benchmarks.faulty_llm import MODEL, faulty_llm
from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from service.access.keys import LedgerKeys, NewKey
from service.access.ledger import Ledger
from service.access.rights import RIGHTS
from service.access.settings import AccessSettings
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings, StoreSettings, VllmSettings, WidgetSettings
from service.tracing import tracing_to

SITE = "https://shop.example"
MODELS_KEY, PAGES_SECRET, FOREIGN = "sk-llm-7Qm2Vt9Xc4Lp8Zr1", "pages-secret-5Jd8Ws3Ny6", "oq_forged0Kx7Tq2Lm9Vb4Wz8Rc3"
ANSWER = "由于存在动态的反量化操作，QLoRA 的训练速度可能会比标准 LoRA 稍慢。[1]"
ASK: dict[str, Any] = {"question": "QLoRA 的训练速度比 LoRA 慢吗？", "session_id": "s-1"}
CHAT: dict[str, Any] = {"model": "outline-qa", "messages": [{"role": "user", "content": "什么是 LoRA？"}]}
POSTS: tuple[tuple[str, Any], ...] = (
    ("/v1/ask", ASK),
    ("/v1/ask", {**ASK, "stream": True}),
    ("/v1/ask", {"question": 7}),
    ("/v1/search", {"query": "LoRA"}),
    ("/v1/chat/completions", CHAT),
    ("/v1/chat/completions", {**CHAT, "stream": True}),
    ("/v1/chat/completions", {}),
    ("/v1/responses", {"model": "outline-qa", "input": "什么是 LoRA？"}),
    ("/v1/messages", {**CHAT, "max_tokens": 100}),
    ("/v1/feedback", {"answer_id": "a-none", "rating": "up"}),
    ("/v1/admin/keys", {"name": ""}),
    ("/v1/admin/data/export", {"kind": "session", "name": "s-1"}),
    ("/v1/admin/data/erase", {"kind": "session", "name": "s-none"}),
    ("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
    ("/v1/nowhere", {}),
)
GETS = (
    "/", "/admin", "/docs", "/openapi.json", "/widget.js", "/healthz", "/readyz", "/metrics", "/v1/models",
    "/v1/outline", "/v1/widget", "/v1/entries/1.1", "/v1/documents/none.md", "/v1/answers/a-none",
    "/v1/admin/keys", "/v1/admin/audit", "/v1/admin/documents", "/v1/admin/jobs",
)  # fmt: skip


class Said:
    """All that the service said, wherever, and the secrets that it was given."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.secrets, self.texts, self.statuses = folder, list[str](), dict[str, str](), set[int]()

    def ask(self, client: TestClient, secret: str) -> None:
        """Go to every door with a secret, in each header that somebody might put it in."""
        for headers in ({"Authorization": f"Bearer {secret}"}, {"x-api-key": secret}, {"Cookie": f"key={secret}"}):
            for path, body in POSTS:
                self.hear(f"POST {path}", client.post(path, json=body, headers=headers))
            for path in GETS:
                self.hear(f"GET {path}", client.get(path, headers=headers))

    def hear(self, how: str, reply: Any) -> None:
        self.statuses.add(reply.status_code)
        self.texts[f"{how} {len(self.texts)}"] = f"{reply.headers}\n{reply.text}"

    def leaks(self) -> list[tuple[str, str]]:
        files = {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        said = {how: text.encode("utf-8", "surrogatepass") for how, text in self.texts.items()} | files
        return [(secret, how) for secret in self.secrets for how, text in said.items() if secret.encode() in text]


@pytest.fixture
def said(
    settings: ServiceSettings,
    embedder: Embedder,
    snapshot: Snapshot,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Said:
    """What is said to keys, forged ones and a page's token, with the log and the spans as talkative as can be."""
    caplog.set_level(logging.DEBUG)
    exporter, provider, said = InMemorySpanExporter(), TracerProvider(), Said(tmp_path)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    keys = LedgerKeys(Ledger(tmp_path / "access.sqlite"))
    _, whole = keys.make(NewKey("all", RIGHTS), "test")
    _, narrow = keys.make(NewKey("narrow", ("ask",)), "test")
    said.secrets += [whole, narrow, FOREIGN, MODELS_KEY, PAGES_SECRET]
    with faulty_llm(answer=ANSWER) as llm:
        own = settings.model_copy(
            update={
                "access": AccessSettings(path=tmp_path / "access.sqlite", per_minute=None),
                "store": StoreSettings(path=tmp_path / "store.sqlite", candidates=tmp_path / "candidates.jsonl"),
                "widget": WidgetSettings(origins=[SITE], secret=SecretStr(PAGES_SECRET)),
                "writer": VllmSettings(kind="vllm", base_urls=[llm.url], model=MODEL, api_key=SecretStr(MODELS_KEY)),
            }
        )
        app = create_app(Service(own, embedder), tracing=tracing_to(provider, content=True))
        with TestClient(app, raise_server_exceptions=False) as client:
            token = client.post("/v1/token", headers={"Origin": SITE}).json()["token"]
            said.secrets.append(token)
            for secret in (whole, narrow, FOREIGN, token):
                said.ask(client, secret)
            pasted = {"question": f"为什么我的密钥 {narrow} 不能用？"}
            assert client.post("/v1/ask", json=pasted, headers={"Authorization": f"Bearer {whole}"}).status_code == 200
    # Where spans may hold what people wrote, they hold the key that somebody wrote into a question.
    spans = [span for span in exporter.get_finished_spans() if narrow not in str(span.attributes)]
    said.texts["spans"] = "\n".join(span.to_json() for span in spans)
    out, err = capfd.readouterr()
    said.texts["log"] = caplog.text + out + err
    return said


@pytest.mark.slow
def test_no_secret_is_said_anywhere(said: Said) -> None:
    assert {200, 401, 403, 404, 422} <= said.statuses
    assert 500 not in said.statuses
    assert len(said.texts) > 300
    assert len(said.texts["spans"]) > 1000
    assert "DEBUG" in said.texts["log"]
    assert said.leaks() == []
    said.texts["seen"] = said.secrets[0]  # or the search would find nothing anywhere
    assert said.leaks() == [(said.secrets[0], "seen")]
