"""Start what `replay.py` made, as its own user, wait until an address answers 200, and stop it; `check.sh` calls it.

With `--then ROOT` the rest of the line goes to that image instead, which is run to its end before the first is stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path


def answers(url: str) -> str:
    """Return the body when the address answers 200, else an empty text."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as reply:
            return str(reply.read(500), "utf-8", "replace")
    except OSError:
        return ""


def begin(root: Path, arguments: Sequence[str], env: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """Start an image under `root`; as with Docker, arguments take the place of its CMD."""
    image = json.loads((root / "image.json").read_text(encoding="utf-8"))
    # As with `exec`: the signal reaches the command itself.
    script = f'cd {image["workdir"]} && exec "$@"'
    chroot = ["chroot", f"--userspec={image['user']}", str(root), "/bin/sh", "-c", script, "sh"]
    return subprocess.Popen(
        [*chroot, *image["entrypoint"], *(arguments or image["command"])],
        env={**image["environment"], **dict(each.split("=", 1) for each in env)},
        start_new_session=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("url")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--then", type=Path, metavar="ROOT", help="run this image too, once the address answers")
    parser.add_argument("arguments", nargs="*", help="instead of the image's CMD")
    options = parser.parse_args()
    start = time.monotonic()
    started = begin(options.root, [] if options.then else options.arguments, options.env)
    body = ""
    while not (body := answers(options.url)) and started.poll() is None and time.monotonic() < start + 900:
        time.sleep(1)
    well = bool(body)
    if well:
        status = Path(f"/proc/{started.pid}/status").read_text(encoding="utf-8")
        user = next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))
        sys.stderr.write(f"--- as user {user}, after {time.monotonic() - start:.0f} s: {options.url}: {body}\n")
    if well and options.then:
        code = begin(options.then, options.arguments).wait(900)
        sys.stderr.write(f"--- {options.then} ended with code {code}\n")
        well = code == 0
    if started.poll() is None:
        os.kill(started.pid, signal.SIGTERM)
    sys.stderr.write(f"--- ended with code {started.wait(60)}\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
