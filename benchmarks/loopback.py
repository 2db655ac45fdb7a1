"""An app on a free loopback port, in a thread of this process: benchmarks and tests look into it while it serves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

SECONDS = 60  # to start in, and to stop


@contextmanager
def serve(app: Starlette, port: int = 0) -> Iterator[str]:
    """Run an app under uvicorn, by default on a free port; yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        _wait(server, thread)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(SECONDS)
    if thread.is_alive():
        raise TimeoutError(f"the app did not stop in {SECONDS} s")


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(SECONDS * 200):
        if server.started:
            return
        if not thread.is_alive():
            raise RuntimeError("the app did not start; its log says why")
        pause.wait(0.005)
    raise TimeoutError(f"the app did not start in {SECONDS} s")
