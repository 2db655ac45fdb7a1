"""reranker.toml: which files make one cross-encoder, by their checksums. It lies beside them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from ingest.models.offline import sha256_of

CARD = "reranker.toml"
FILES = ("model.onnx", "tokenizer.json")
HEAD = "# Which files make this model: written by `python -m ingest.fit.reranker train` and `python -m ingest fit`.\n"


def write_card(folder: Path) -> None:
    """Write the card of the files in a folder."""
    lines = [f'"{name}" = "{sha256_of(folder / name)}"\n' for name in FILES]
    (folder / CARD).write_text(HEAD + "[sha256]\n" + "".join(lines), "utf-8")


def read_card(folder: Path) -> Mapping[str, str]:
    """Return each file's sha256; raises ValueError naming a card that is missing or broken."""
    path = folder / CARD
    try:
        sums = tomllib.loads(path.read_text("utf-8"))["sha256"]
        return {name: str(sums[name]) for name in FILES}
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "take it from the repository again"
        raise ValueError(f"{path} does not name the files of a cross-encoder ({error!r}); {remedy}") from error
