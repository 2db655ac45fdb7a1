"""The process in which files are parsed: `python -m ingest.read.child KIND...`, held to its limits by the system.

It gets requests on its standard input and answers on its standard output, each as a line of JSON with the length of
the bytes that follow. It opens no connection, starts no program, writes no file and reads only installed packages.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from ingest import plugins
from ingest.read import landlock
from ingest.read.reading import Limits, Reading, UnfitError

FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.remove", "os.rename")
HARMLESS = {"socket.gethostname", "socket.__new__"}
# What parsers themselves need: their packages, fonts, time zones, facts about the machine.
OWN = (sys.prefix, sys.base_prefix, Path(__file__).parents[1])
FACTS = ("/usr", "/lib", "/lib64", "/sys/devices", "/proc/cpuinfo", "/proc/meminfo", "/dev/null", "/dev/urandom")
SETTINGS = (
    "/etc/fonts",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/mime.types",
    "/etc/os-release",
    "/etc/ssl",
    "/etc/ld.so.cache",
)
READABLE = tuple({os.path.realpath(path) for path in (*OWN, *FACTS, *SETTINGS)})
GARBAGE = 400_000  # objects between two looks for circles: pages have many that live until they are written
CODE = (".py", ".pyc", ".so")  # of packages, wherever Python finds them


def main() -> int:
    """Serve requests until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    shut = False
    while request := receive(sys.stdin.buffer):
        head, raw = request
        limits = Limits(**head["limits"])
        if not shut:
            plugins.factory("readers", head["kind"])
            _shut(limits)
            shut = True
        send(answers, _answer(head["kind"], raw, head["name"], limits), b"")
    return 0


def _answer(kind: str, raw: bytes, name: str, limits: Limits) -> dict[str, Any]:
    try:
        reading: Reading = plugins.factory("readers", kind)(raw, name, limits)
    except UnfitError as error:
        return {"unfit": str(error)}
    except MemoryError:
        return {"unfit": f"needs more than {limits.memory_mb:,} MB of memory; raise reading.memory_mb, or split it"}
    except RecursionError:
        return {"unfit": "nested too deeply"}
    except ModuleNotFoundError as error:
        return {"unfit": f"reading it needs the package {error.name!r}; pip install 'outline-qa[formats]'"}
    except Exception as error:  # the outermost layer of this process: whatever a parser raises ends with this file
        return {"unfit": f"damaged, or not as its format has it ({type(error).__name__}: {str(error)[:120]})"}
    return reading.to_json()


def _shut(limits: Limits) -> None:
    """Give up what parsing needs not."""
    gc.freeze()  # packages stay
    gc.set_threshold(GARBAGE)
    used = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    room = used + (limits.memory_mb << 20)
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    landlock.confine((*READABLE, *map(os.path.realpath, sys.path)))
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(FORBIDDEN) and event not in HARMLESS:
        raise PermissionError(f"{event} is not for parsers")
    if event == "open" and isinstance(arguments[0], str | bytes):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        code = path.endswith(CODE) and _below(path, map(os.path.realpath, sys.path))
        if not code and not _below(path, READABLE):
            raise PermissionError(f"{path!r} is not for parsers")


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)


def send(stream: IO[bytes], head: Mapping[str, Any], raw: bytes) -> None:
    stream.write(json.dumps({**head, "length": len(raw)}).encode() + b"\n" + raw)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Return a message, None where there are no more."""
    line = stream.readline()
    if not line:
        return None
    head: dict[str, Any] = json.loads(line)
    return head, stream.read(head["length"])


if __name__ == "__main__":
    sys.exit(main())
