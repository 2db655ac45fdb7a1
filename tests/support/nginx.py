"""The real nginx with the repository's own configuration, in front of processes of a test."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.paths import ROOT

FOUND = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def configuration(folder: Path, port: int, replicas: Sequence[int]) -> str:
    """Return docker/nginx.conf for ports of this machine, with its files in a folder."""
    text = (ROOT / "docker/nginx.conf").read_text("utf-8")
    server = re.search(r"^ *server replica:8000(.*;)$", text, re.MULTILINE)
    assert server
    lines = "\n".join(f"server 127.0.0.1:{each}{server[1]}" for each in replicas)
    return (
        text.replace(server[0], lines)
        .replace("listen 8080;", f"listen 127.0.0.1:{port};")
        .replace("/tmp/", f"{folder}/")
        .replace("worker_processes auto;", "worker_processes 1;\ndaemon off;")
    )


@contextmanager
def open_nginx(folder: Path, port: int, replicas: Sequence[int]) -> Iterator[None]:
    """Run it until the block ends."""
    assert FOUND
    path = folder / "nginx.conf"
    path.write_text(configuration(folder, port, replicas), "utf-8")
    folder.chmod(0o755)
    command = [FOUND, "-e", "stderr", "-p", str(folder), "-c", str(path)]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()
