"""`python -m tests.e2e.firefox [FIREFOX]`: the widget's main round in the system's Firefox, over the real service."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from ingest.models.offline import prepare
from tests.e2e.index import real_embedder, real_settings
from tests.e2e.live import Live
from tests.support.paths import ROOT

SECONDS = 300


def main() -> int:
    parser = argparse.ArgumentParser(description="Take the widget's main round in Firefox.")
    parser.add_argument("firefox", nargs="?", default="firefox-esr")
    firefox = parser.parse_args().firefox
    models = prepare("multilingual-e5-small", ROOT / "var" / "models").parent
    with tempfile.TemporaryDirectory() as kept:
        settings = real_settings(models, Path(kept) / "store.sqlite", [])
        live = Live(settings, real_embedder(settings))
        try:
            command = ["node", "tests/firefox/round.mjs", f"{live.url}/", firefox]
            return subprocess.run(command, cwd=ROOT / "service/widget", timeout=SECONDS).returncode
        finally:
            live.stop()


if __name__ == "__main__":
    sys.exit(main())
