"""A command that measures nothing: it writes the figures that it is given, and ends with the status it is given.

python -m tests.support.ruler name=value ... [--status N] --json FILE
"""

import argparse
import json
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("figures", nargs="*")
    parser.add_argument("--status", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    figures = {name: float(value) for name, _, value in (each.partition("=") for each in options.figures)}
    if "RULER" in os.environ:
        figures["ruler"] = float(os.environ["RULER"])
    if figures:
        options.json.write_text(json.dumps({"figures": figures}))
    sys.exit(options.status)
