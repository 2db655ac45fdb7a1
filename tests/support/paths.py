"""Where things lie."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The index of the outline, kept between runs because embedding takes minutes; each run builds what has changed.
INDEX = Path(os.environ.get("TEST_INDEX", ROOT / "var" / "test-index"))
# The weights, made on first use.
MODELS = Path(os.environ.get("TEST_MODELS", ROOT / "var" / "models"))
