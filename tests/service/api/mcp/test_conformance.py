"""MCP's own conformance suite against /mcp: `make test-clients` installs it, and Node 22, which it needs.

Its other scenarios are of prompts, logging, completions and subscriptions, which the service does not offer, or call
tools of a test server.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.loopback import serve
from service.api.app import create_app
from service.bootstrap import Service
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.tiny_service import tiny_settings

MODULES = Path(os.environ.get("CLIENTS", "")).resolve()
NODE, SUITE = MODULES / "node/bin/node", MODULES / "@modelcontextprotocol/conformance/dist/index.js"
SCENARIOS = (
    "server-initialize",
    "ping",
    "tools-list",
    "resources-list",
    "server-sse-multiple-streams",
    "dns-rebinding-protection",
)
pytestmark = [
    pytest.mark.skipif(not SUITE.is_file(), reason="CLIENTS names no node_modules that have it; make test-clients"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = tiny_settings(tmp_path_factory.mktemp("mcp"), a="# 保养\n\n除垢每三个月做一次。\n")
    with serve(create_app(Service(settings, TinyEmbedder()))) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_suite_finds_no_fault(url: str, scenario: str, tmp_path: Path) -> None:
    command: list[str | Path] = [NODE, SUITE, "server", "--url", f"{url}/mcp", "--scenario", scenario]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed, 0 warnings" in done.stdout
