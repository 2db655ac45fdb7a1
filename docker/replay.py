"""Run a Dockerfile's instructions in a bare root folder, for machines without a Docker engine; `check.sh` calls it.

All stages run in the same root, so `COPY --from` must name a path that stays where it is. The last stage's user,
environment, entrypoint and command are written to ROOT/image.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Where packages come from is the machine's matter.
INHERITED = re.compile(r"(PIP_.*|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|(https?|no)_proxy)", re.IGNORECASE)


@dataclass
class Image:
    """What the instructions so far have set."""

    env: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    arg: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)
    cmd: list[str] = field(default_factory=list)


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the instructions in order, each with its rest, continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name.upper(), rest.strip()) for name, rest in re.findall(r"^(\w+) +(.*)$", joined, re.MULTILINE)]


def inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if INHERITED.fullmatch(name) and value}


def replay(dockerfile: Path, context: Path, root: Path) -> Image:
    """Carry out every instruction under `root`; raises CalledProcessError when a RUN fails."""
    image = Image()
    for name, rest in instructions(dockerfile.read_text(encoding="utf-8")):
        match name:
            case "FROM":
                image = Image()
            case "ARG":
                variable, _, default = rest.partition("=")
                image.arg[variable] = os.environ.get(variable) or default
            case "ENV":
                pairs = dict(pair.split("=", 1) for pair in shlex.split(rest))
                image.env |= {key: value.replace("$PATH", image.env["PATH"]) for key, value in pairs.items()}
            case "WORKDIR":
                image.workdir = rest
                (root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "USER":
                image.user = rest
            case "COPY":
                copy(rest.split(), context, root, image.workdir)
            case "RUN":
                run(rest, root, image)
            case "ENTRYPOINT":
                image.entrypoint = json.loads(rest)
            case "CMD":
                image.cmd = json.loads(rest)
            case "VOLUME" | "EXPOSE" | "HEALTHCHECK":
                pass
            case _:
                raise ValueError(f"{dockerfile}: {name} is not known to {__file__}; teach it")
    return image


def copy(words: list[str], context: Path, root: Path, workdir: str) -> None:
    if words[0].startswith("--from="):
        if words[1] != words[2]:
            raise ValueError(f"COPY {' '.join(words)}: one root for all stages cannot move a path")
        return
    *sources, target = words
    for source in (context / each for each in sources):
        into = root / workdir.lstrip("/") / target
        if source.is_dir():
            shutil.copytree(
                source, into, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
            )
        else:
            shutil.copy(source, into)


def run(line: str, root: Path, image: Image) -> None:
    sys.stderr.write(f"--- RUN {line}\n")
    start = time.monotonic()
    script = f"cd {shlex.quote(image.workdir)} && {line}"
    command = ["chroot", f"--userspec={image.user}", str(root), "/bin/sh", "-c", script]
    environment = {**inherited(), **image.env, **image.arg, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, env=environment, check=True)
    sys.stderr.write(f"--- {time.monotonic() - start:.0f} s\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dockerfile", type=Path)
    parser.add_argument("context", type=Path)
    parser.add_argument("root", type=Path)
    options = parser.parse_args()
    image = replay(options.dockerfile, options.context, options.root)
    kept = {
        "user": image.user,
        "workdir": image.workdir,
        "environment": {**inherited(), **image.env},
        "entrypoint": image.entrypoint,
        "command": image.cmd,
    }
    (options.root / "image.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
