"""The shipped pack, its words, questions read with them; and packs of a test's own."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.pack import SHIPPED, none, read
from service.search.retrieve import Query

PACK = read(SHIPPED / "llm-interview")
WORDS = PACK.words
CARD = """format = 1
name = {name}
version = "1"
language = "zh"
licence = "CC0-1.0"
documents = {documents}

[speech.zh]
name = "笔记"
about = "海洋"

[parts]
"""


def question(text: str, vector: NDArray[np.float32] | None = None) -> Query:
    """Read a question; without a vector it lies nowhere, in two dimensions."""
    return Query.of(text, np.zeros(2, np.float32) if vector is None else vector, WORDS)


def write_pack(folder: Path, documents: Sequence[str], parts: Mapping[str, str] | None = None) -> Path:
    """Write a pack for documents into a folder: its lists by file name, and the numbers that hold for any documents."""
    folder.mkdir(parents=True)
    files = {"fitted.json": (none().folder / "fitted.json").read_text("utf-8"), **(parts or {})}
    card = CARD.format(name=json.dumps(folder.name), documents=json.dumps(list(documents)))
    made = "".join(f'"{name}" = "by a test"\n' for name in files)
    for name, text in {"pack.toml": card + made, **files}.items():
        (folder / name).write_text(text, "utf-8")
    return folder
