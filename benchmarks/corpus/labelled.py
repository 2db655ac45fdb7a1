"""Sets of labelled passages that lie outside the repository: corpus.jsonl, queries.jsonl, qrels.jsonl in a folder.

They are for search alone: nothing is trained on them, and their licences keep them out of the repository. Passages of
RGB that are counterfactual, a right one with another value in the answer's place, are left out: no search can tell.
"""

import json
import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.corpus.asked import Asked, Collection

DATA = Path(os.environ.get("CORPORA_DATA", "../shared/data/search"))
NAMES = ("rgb_zh_fact", "rgb_en_fact", "wikiqa_test", "dureader2_demo", "rgb_zh_int", "rgb_zh_refine")


def collection(name: str, data: Path, folder: Path) -> Collection:
    """Write each passage of a set as a Markdown file into `folder`, which then holds no others, and read the questions.

    A file is named by a bare number, which says nothing to search. Passages of the same text are one file. Raises
    OSError when the set is not there.
    """
    names: dict[str, str] = {}
    texts: dict[str, str] = {}
    for number, row in enumerate(_rows(data / name / "corpus.jsonl")):
        if row.get("kind") == "counterfactual":
            continue
        same = "".join(unicodedata.normalize("NFKC", row["text"]).split()).casefold()
        names[row["id"]] = texts.setdefault(same, f"{number:05}.md")
        _write(folder / names[row["id"]], row["text"] + "\n")
    for file in set(folder.iterdir()) - {folder / each for each in texts.values()}:
        file.unlink()
    right: defaultdict[str, set[str]] = defaultdict(set)
    for row in _rows(data / name / "qrels.jsonl"):
        right[row["qid"]].add(names[row["pid"]])
    questions = _rows(data / name / "queries.jsonl")
    return Collection(name, folder, tuple(Asked(q["id"], q["text"], frozenset(right[q["id"]])) for q in questions))


def _rows(file: Path) -> Iterator[dict[str, str]]:
    yield from (json.loads(line) for line in file.read_text("utf-8").split("\n") if line)


def _write(file: Path, text: str) -> None:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
