"""How a benchmark says what it measured: `--json FILE`, with a number for each name under "figures".

`python -m eval figures` reads that, and holds it against what is published (eval/expected.yaml).
"""

import json
from collections.abc import Mapping
from pathlib import Path


def write(file: Path, figures: Mapping[str, float], **details: object) -> None:
    """Write the figures, and beside them whatever else is worth keeping."""
    file.write_text(json.dumps({"figures": dict(figures), **details}, indent=2) + "\n", "utf-8")
