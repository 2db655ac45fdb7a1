"""220 hostile files: each is read or refused with a reason, within its limits, and none reaches anything outside."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from ingest.parse import outline
from ingest.parse.front_matter import metadata_of
from ingest.read.content import read_content
from ingest.read.reading import Limits, UnfitError
from ingest.read.sandbox import Sandbox
from tests.support.hostile_files import COUNT, good_files, hostile_files

LIMITS = Limits(seconds=60, memory_mb=768, unpacked_mb=64)
SECRET = "canary-7f3a"
PEAK = "VmHWM:"
# Beside what parsing may take: the interpreter with its packages, which is there before the limit is set.
OWN_MB = 256


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """An address, and what was asked for there."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", paths
    server.shutdown()
    server.server_close()
    thread.join()


def peak_mb(others: set[int]) -> float:
    """The most memory that any process of this one's has taken, without those that earlier tests left behind."""
    peaks = [0.0]
    for child in psutil.Process().children():
        if child.pid in others:
            continue
        lines = Path(f"/proc/{child.pid}/status").read_text("ascii").splitlines()
        peaks += [int(line.split()[1]) / 1024 for line in lines if line.startswith(PEAK)]
    return max(peaks)


def told(raw: bytes, name: str, sandbox: Sandbox) -> tuple[str, str]:
    """The text of a file, and why there is none."""
    try:
        return read_content(raw, name, sandbox).text, ""
    except UnfitError as error:
        return "", str(error)


@pytest.mark.slow
def test_each_is_read_or_refused_and_reaches_nothing(tmp_path: Path, asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    canary = tmp_path / "canary.txt"
    canary.write_text(SECRET, "ascii")
    names: set[str] = set()
    refused = 0
    others = {child.pid for child in psutil.Process().children()}
    with Sandbox(LIMITS) as sandbox:
        before = {kind: read_content(raw, f"a.{kind}", sandbox).text for kind, raw in good_files().items()}
        for name, raw in hostile_files(str(canary), address):
            assert name not in names
            names.add(name)
            text, reason = told(raw, name, sandbox)
            refused += bool(reason)
            assert text.strip() or 0 < len(reason) < 400, name
            assert SECRET not in text + reason, name
            outline.parse(name, text)  # what has been read is taken apart in the build's own process
            metadata_of(text)
            assert peak_mb(others) < LIMITS.memory_mb + OWN_MB, name
        after = {kind: read_content(raw, f"a.{kind}", sandbox).text for kind, raw in good_files().items()}
    assert after == before
    assert len(names) == COUNT
    assert COUNT / 4 < refused < COUNT  # neither is all of it read, nor all thrown away
    assert paths == []
