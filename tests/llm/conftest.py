"""The real vLLM on this machine's CPU with the 0.5B model: only `make test-llm` runs these tests.

TEST_LLM is the address of a running server up to /v1, or "start" to have one started here.
"""

import json
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support.outline import embedder, settings, snapshot
from tests.support.paths import ROOT

__all__ = ["embedder", "model", "settings", "snapshot", "url"]

NAME = "qwen2.5-coder-0.5b"


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    wanted = os.environ.get("TEST_LLM")
    if not wanted:
        pytest.skip("TEST_LLM is not set; `make test-llm` sets it")
    if wanted != "start":
        yield wanted
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("llm") / "vllm.log"
    command = [".venv-llm/bin/python", "-m", "service.llm", "serve", "--name", NAME, "--port", str(port)]
    command += ["--log", str(log)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert server.stdout
    try:
        for line in server.stdout:
            if " serves " in line:
                break
        assert server.poll() is None, log.read_text("utf-8", "replace")[-2000:]
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
        server.stdout.close()


@pytest.fixture(scope="session")
def model(url: str) -> str:
    """The name that the server gives its model."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/models", timeout=10) as reply:
        return str(json.load(reply)["data"][0]["id"])
