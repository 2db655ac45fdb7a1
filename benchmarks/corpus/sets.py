"""All development sets by name, and where each lies."""

from pathlib import Path
from shutil import copyfile

from benchmarks.corpus import labelled
from benchmarks.corpus.asked import Collection
from benchmarks.corpus.fetch import FetchError, fetch, read
from benchmarks.corpus.question import FOLDER as QUESTIONS
from benchmarks.corpus.question import load

FOLDER = Path("var/corpora")
BESIDE = "llm-interview-guide"  # a corpus beside the repository


class MissingError(Exception):
    """A set that is not here; the text says where it was looked for."""


def names() -> list[str]:
    small, large = labelled.NAMES[:2], labelled.NAMES[2:]
    return [*small, *read(), BESIDE, *large]  # what takes long comes last


def collection(name: str) -> Collection:
    """Return a set, its documents written or fetched; raises MissingError."""
    folder = FOLDER / name / "documents"
    try:
        if name in labelled.NAMES:
            return labelled.collection(name, labelled.DATA, folder)
        questions = tuple(question.asked for question in load(name))
        if name == BESIDE:
            folder = labelled.DATA.parents[1] / "corpora" / name
            if not folder.is_dir():
                raise MissingError(f"there is no folder {str(folder)!r}")
        else:
            fetch(read()[name], folder)
            copyfile(QUESTIONS / f"{name}.jsonl", FOLDER / name / "questions.jsonl")  # for `ingest fit --corpora`
    except (OSError, FetchError) as error:
        raise MissingError(str(error)) from error
    return Collection(name, folder, questions)
