"""All development sets by name, and where each lies."""

from pathlib import Path
from shutil import copyfile

from benchmarks.corpus import labelled
from benchmarks.corpus.asked import Asked, Collection
from benchmarks.corpus.fetch import FetchError, fetch, read
from benchmarks.corpus.question import FOLDER as QUESTIONS
from benchmarks.corpus.question import load
from ingest.fit.corpora import written_set

FOLDER = Path("var/corpora")
SMALL = Path(__file__).with_name("few")  # documents of a page, each with what it answers and what it does not
BESIDE = "llm-interview-guide"  # a corpus beside the repository


class MissingError(Exception):
    """A set that is not here; the text says where it was looked for."""


def names() -> list[str]:
    small, large = labelled.NAMES[:2], labelled.NAMES[2:]
    return [*small, *read(), BESIDE, *large]  # what takes long comes last


def small() -> list[str]:
    """Return the sets of a page, which tell what is refused, and not what is found."""
    return sorted(folder.name for folder in SMALL.iterdir())


def collection(name: str) -> Collection:
    """Return a set, its documents written or fetched; raises MissingError."""
    folder = FOLDER / name / "documents"
    try:
        if name in small():
            return _small(name)
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


def _small(name: str) -> Collection:
    written = written_set(SMALL / name)
    (folder,) = written.documents
    every = frozenset(path.name for path in folder.iterdir())
    asked = [
        Asked(f"{name}-{number}", text, every if answered else frozenset())
        for number, (text, answered) in enumerate(written.written, 1)
    ]
    return Collection(name, folder, tuple(asked))
