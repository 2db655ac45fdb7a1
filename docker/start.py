"""Start what `replay.py` made, as its own user, wait until an address answers 200, and stop it; `check.sh` calls it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path


def answers(url: str) -> str:
    """Return the body when the address answers 200, else an empty text."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as reply:
            return str(reply.read(500), "utf-8", "replace")
    except OSError:
        return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("url")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("arguments", nargs="*", help="added to the image's command")
    options = parser.parse_args()
    image = json.loads((options.root / "image.json").read_text(encoding="utf-8"))
    environment = {**image["environment"], **dict(each.split("=", 1) for each in options.env)}
    # As with `exec`: the signal reaches the command itself.
    script = f'cd {image["workdir"]} && exec "$@"'
    command = ["chroot", f"--userspec={image['user']}", str(options.root), "/bin/sh", "-c", script, "sh"]
    start = time.monotonic()
    started = subprocess.Popen(
        [*command, *image["command"], *options.arguments], env=environment, start_new_session=True
    )
    body = ""
    while not (body := answers(options.url)) and started.poll() is None and time.monotonic() < start + 900:
        time.sleep(1)
    if body:
        status = Path(f"/proc/{started.pid}/status").read_text(encoding="utf-8")
        user = next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))
        sys.stderr.write(f"--- as user {user}, after {time.monotonic() - start:.0f} s: {options.url}: {body}\n")
    if started.poll() is None:
        os.kill(started.pid, signal.SIGTERM)
    sys.stderr.write(f"--- ended with code {started.wait(60)}\n")
    return 0 if body else 1


if __name__ == "__main__":
    sys.exit(main())
