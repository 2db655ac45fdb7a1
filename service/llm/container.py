"""`python -m service.llm.container`: start the service in its container, with vLLM where there is one."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_GROUP = "OUTLINE_QA_WRITER__"


def main(arguments: list[str]) -> None:
    environment = settings(os.environ, is_known)
    sys.stderr.write(f"writer: {environment.get(f'{_GROUP}KIND', 'extractive')}\n")
    os.execve(sys.executable, [sys.executable, "-m", "service", *arguments], environment)


def settings(inherited: Mapping[str, str], known: Callable[[str], bool]) -> dict[str, str]:
    """Return the environment with the writer's kind decided: as set, else vllm if a host of its URLs is known.

    Compose cannot tell a service which profile was asked for, but a profile's containers have names in its network.
    """
    environment = {name: value for name, value in inherited.items() if value or not name.startswith(_GROUP)}
    if f"{_GROUP}KIND" not in environment:
        urls = json.loads(environment.get(f"{_GROUP}BASE_URLS", "[]"))
        if any(known(urlsplit(url).hostname or "") for url in urls):
            environment[f"{_GROUP}KIND"] = "vllm"
    if environment.get(f"{_GROUP}KIND", "extractive") == "extractive":
        # The extractive writer has none of the others, and settings refuse what they do not know.
        return {name: value for name, value in environment.items() if not name.startswith(_GROUP)}
    return environment


def is_known(host: str) -> bool:
    """Tell whether the host's name has an address."""
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
