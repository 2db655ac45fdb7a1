"""A build of one file into an index beside it, in this process or in one that a test kills."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ingest.build import build_index
from ingest.chunk.semantic import SemanticChunker
from ingest.clean import CleanSteps
from ingest.index import snapshot
from ingest.index.pointer import PARTIAL
from ingest.index.versions import Versions
from ingest.pack import Packs
from tests.support.paths import ROOT
from tests.support.tiny_embedder import TinyEmbedder


def make(folder: Path, delay: float = 0) -> None:
    """Build folder/n.md into folder/index; `delay` is the seconds of each call of the embedder."""
    tiny = TinyEmbedder(delay=delay)
    build_index([folder / "n.md"], Versions(folder / "index"), tiny, SemanticChunker(tiny), CleanSteps(), Packs())


class Killable:
    """A slow build in a process of its own, which says when it begins and ends and stops for good at `moment`."""

    def __init__(self, folder: Path, moment: str) -> None:
        command = [sys.executable, "-m", "tests.support.killable", str(folder), moment]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    def wait_for(self, line: str) -> None:
        assert self.process.stdout
        assert self.process.stdout.readline() == f"{line}\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def _watch(owner: object, name: str, reach: Callable[[str], None], of: str = "") -> None:
    real: Callable[..., object] = getattr(owner, name)

    def watched(*arguments: object) -> object:
        if of not in str(arguments[0]):
            return real(*arguments)
        reach(f"before {name}")
        result = real(*arguments)
        reach(f"after {name}")
        return result

    setattr(owner, name, watched)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(folder: Path, wanted: str) -> None:
    def reach(moment: str) -> None:
        if moment == wanted:
            _say(moment)
            time.sleep(600)

    _watch(snapshot, "write", reach)
    _watch(Path, "rename", reach)  # the snapshot to its place
    _watch(Path, "replace", reach, PARTIAL)  # the pointer
    _say("begin")
    make(folder, delay=0.1)
    _say("end")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
