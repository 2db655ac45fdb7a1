"""How fitted numbers were made: inputs, versions, seeds, the day and the command."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

from ingest.fit.sets import files
from ingest.fitted import Fit, Input
from ingest.models.offline import sha256_of
from ingest.pack import Pack

PACKAGES = ("numpy", "scikit-learn", "scipy", "onnxruntime", "torch", "outline-qa")
SEEDS = {"folds": 0}  # a question's fold is its place in its file: nothing is drawn


def manifest_of(pack: Pack, root: Path, command: str, unchanged: Sequence[str]) -> Fit:
    """Return the manifest of a fit that ends now; `unchanged` names the parts that stay as they were."""
    return Fit(
        command=command,
        date=datetime.now(UTC).date().isoformat(),
        versions={"python": python_version(), **{name: found for name in PACKAGES if (found := _version(name))}},
        seeds=SEEDS,
        inputs=tuple(Input(name=name, sha256=sha256_of(path)) for name, path in files(pack, root)),
        kept=tuple(unchanged),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
