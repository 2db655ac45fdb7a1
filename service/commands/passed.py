"""Commands of the other packages under this one's name; they keep their own options and help."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

# Name -> module, its arguments before those given, and what it is for.
PASSED: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "build": ("ingest", ("build",), "index files and folders, and make the result current"),
    "fit": ("ingest", ("fit",), "make a pack for documents, or fit the numbers of the present one"),
    "versions": ("ingest", ("versions",), "list the versions of the index"),
    "rollback": ("ingest", ("rollback",), "make an earlier version current again"),
    "eval": ("eval", (), "measure a running service"),
}


def run_passed(name: str, given: Sequence[str]) -> int:
    """Run a command in a process of its own, for the packages do not import each other; return its exit status."""
    module, before, _ = PASSED[name]
    return subprocess.call([sys.executable, "-m", module, *before, *given])
