import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from service.llm.__main__ import main
from service.llm.child import Child, StoppedError, stoppable
from service.llm.server import Server, ServerError, check_port, wait

# Starts a child of its own, which ignores SIGTERM and writes its id; then waits.
FAMILY = """
import subprocess, sys, time
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def server(port: int = 1) -> Server:
    return Server(
        python="python",
        folder=Path("var/models/tiny"),
        names=["alias", "tiny"],
        host="127.0.0.1",
        port=port,
        max_model_len=8192,
        max_num_seqs=16,
        kv_cache_gb=2,
        threads=0,
        compiled=False,
    )


@pytest.fixture
def models() -> Iterator[int]:
    """Serve /v1/models with two names; gives the port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"data": [{"id": "alias"}, {"id": "tiny"}]}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served.server_port
        served.shutdown()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_the_command_line() -> None:
    assert " ".join(server().command()) == (
        "python -m vllm.entrypoints.openai.api_server --model var/models/tiny --served-model-name alias tiny "
        "--host 127.0.0.1 --port 1 --dtype bfloat16 --max-model-len 8192 --max-num-seqs 16 "
        "--enable-prefix-caching --block-size 32 --scheduling-policy priority "
        "--disable-uvicorn-access-log --enforce-eager"
    )


def test_the_environment_keeps_what_was_there() -> None:
    made = server().environment({"PATH": "/bin", "LD_PRELOAD": "/lib/libtcmalloc.so"})
    assert made["PATH"] == "/bin"
    assert made["LD_PRELOAD"] == "/lib/libtcmalloc.so"
    assert (made["VLLM_CPU_KVCACHE_SPACE"], made["HF_HUB_OFFLINE"], made["VLLM_NO_USAGE_STATS"]) == ("2", "1", "1")
    assert "OMP_NUM_THREADS" not in made


def test_a_port_in_use_is_refused(models: int) -> None:
    with pytest.raises(ServerError, match=f"Port {models} .* is in use"):
        check_port("127.0.0.1", models)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    check_port("127.0.0.1", port)


def test_stopping_ends_the_whole_family(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        child = Child([sys.executable, "-c", FAMILY], os.environ, log)
        while not (written := (tmp_path / "log").read_text().strip()):
            time.sleep(0.02)
        assert is_alive(int(written))
        child.stop(patience=0.5)
    assert child.code() == -signal.SIGTERM
    assert not is_alive(int(written))


def test_stopping_twice_is_harmless() -> None:
    child = Child([sys.executable, "-c", "pass"], os.environ)
    child.process.wait()
    child.stop()
    child.stop()
    assert child.code() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_a_child_ends_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from service.llm.child import Child; "
        "child = Child([sys.executable, '-c', 'import time; time.sleep(60)'], os.environ); "
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    for _ in range(200):
        if not is_alive(pid):
            break
        time.sleep(0.02)
    assert not is_alive(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_stop_once(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    again = False
    with suppress(StoppedError), stoppable():
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)  # a second Ctrl-C does not disturb the stopping
            again = True
    assert again
    assert signal.getsignal(number) is before


def test_waiting_ends_when_the_names_are_served(models: int) -> None:
    child = Child([sys.executable, "-c", "import time; time.sleep(60)"], os.environ)
    try:
        wait(server(models), child, None, 5, lambda _: None)
    finally:
        child.stop()


def test_a_server_that_ends_shows_its_log(tmp_path: Path) -> None:
    log = tmp_path / "vllm.log"
    log.write_text("".join(f"line {number}\n" for number in range(50)))
    child = Child([sys.executable, "-c", "raise SystemExit(3)"], os.environ)
    child.process.wait()
    with pytest.raises(ServerError, match=r"ended with code 3 after 0 s.*\nline 30\n(.*\n)*line 49$") as told:
        wait(server(), child, log, 5, lambda _: None)
    assert "line 29" not in str(told.value)


def test_a_server_that_stays_away_times_out() -> None:
    child = Child([sys.executable, "-c", "import time; time.sleep(60)"], os.environ)
    try:
        with pytest.raises(ServerError, match="not up after 0 s; allow it more with --timeout"):
            wait(server(), child, None, -1, lambda _: None)
    finally:
        child.stop()


def test_the_command_refuses_a_port_in_use(models: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--models", str(tmp_path), "--port", str(models)]) == 1
    assert "is in use" in capsys.readouterr().err
